package main

import (
	"slices"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipserver"
	"github.com/ovh/kmip-go/payloads"
)

// served gives the object as Get and Export answer it.
func (s *service) served(c call, o *object, format kmip.KeyFormatType, wrap kmip.KeyWrapType, compression kmip.KeyCompressionType,
	how *kmip.KeyWrappingSpecification) (kmip.Object, error) {
	if extractable, _ := value[bool](o, kmip.AttributeNameExtractable); !extractable {
		return nil, fail(kmip.ResultReasonNotExtractable, "the object is not extractable")
	}
	if sensitive, _ := value[bool](o, kmip.AttributeNameSensitive); sensitive && how == nil {
		return nil, fail(kmip.ResultReasonSensitive, "the object is sensitive and has to be wrapped")
	}
	if compression != 0 {
		return nil, fail(kmip.ResultReasonKeyCompressionTypeNotSupported, "keys are given as they are")
	}
	content := o.content
	var err error
	switch wrap {
	case 0, kmip.AsRegistered:
	case kmip.NotWrapped:
		content, err = s.unwrapped(c, content)
	default:
		err = fail(kmip.ResultReasonFeatureNotSupported, "there is no Key Wrap Type %d", wrap)
	}
	if err == nil {
		content, err = converted(content, format)
	}
	if err == nil && how != nil {
		content, err = s.wrapped(c, o, content, how)
	}
	if err == nil && len(o.all(kmip.AttributeNameFresh)) > 0 {
		o.set(kmip.AttributeNameFresh, false)
	}
	return content, err
}

func (s *service) get(c call, q *payloads.GetRequestPayload) (*payloads.GetResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	if o.destroyed {
		return nil, fail(kmip.ResultReasonIllegalOperation, "only the attributes of this object are left")
	}
	content, err := s.served(c, o, q.KeyFormatType, q.KeyWrapType, q.KeyCompressionType, q.KeyWrappingSpecification)
	if err != nil {
		return nil, err
	}
	return &payloads.GetResponsePayload{ObjectType: o.kind, UniqueIdentifier: o.id(), Object: content}, nil
}

func (s *service) export(c call, q *payloads.ExportRequestPayload) (*payloads.ExportResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	answer := &payloads.ExportResponsePayload{ObjectType: o.kind, UniqueIdentifier: o.id()}
	if o.destroyed && o.content == nil {
		return nil, fail(kmip.ResultReasonIllegalOperation, "nothing is left that could be exported")
	} else if o.destroyed {
		answer.Object = o.content
	} else {
		answer.Object, err = s.served(c, o, q.KeyFormatType, q.KeyWrapType, q.KeyCompressionType, q.KeyWrappingSpecification)
		if err != nil {
			return nil, err
		}
	}
	answer.Attribute = visible(o, c.minor)
	kmipserver.SetIdPlaceholder(c, o.id())
	return answer, nil
}

func (s *service) importObject(c call, q *payloads.ImportRequestPayload) (*payloads.ImportResponsePayload, error) {
	before := s.byID[q.UniqueIdentifier]
	switch {
	case q.UniqueIdentifier == "":
		return nil, fail(kmip.ResultReasonInvalidMessage, "Unique Identifier is required")
	case before != nil && (before.owner != c.owner || !q.ReplaceExisting):
		return nil, fail(kmip.ResultReasonObjectAlreadyExists, "%s is there already", q.UniqueIdentifier)
	}
	o := &object{owner: c.owner, kind: q.Object.ObjectType(), next: map[kmip.AttributeName]int32{}, content: q.Object}
	for _, a := range q.Attribute {
		r, known := ruleOf(a.AttributeName, c.minor)
		if !known || !r.fits(o.kind) || !r.several && len(o.all(a.AttributeName)) > 0 {
			return nil, fail(kmip.ResultReasonInvalidField, "%s cannot be given to this object", a.AttributeName)
		}
		if name, is := a.AttributeValue.(kmip.Name); is && s.named(c, name.NameValue, before) {
			return nil, fail(kmip.ResultReasonInvalidField, "the name %q is taken", name.NameValue)
		}
		o.add(a.AttributeName, a.AttributeValue)
	}
	o.set(kmip.AttributeNameUniqueIdentifier, q.UniqueIdentifier)
	o.set(kmip.AttributeNameObjectType, o.kind)
	if q.KeyWrapType == kmip.NotWrapped {
		content, err := s.unwrapped(c, q.Object)
		if err != nil {
			return nil, err
		}
		o.content = content
	}
	if err := describe(o, o.content); err != nil {
		return nil, err
	}
	// What has always to have a value and was not supplied.
	o.setDefault(kmip.AttributeNameInitialDate, c.now)
	o.setDefault(kmip.AttributeNameLastChangeDate, c.now)
	o.setDefault(kmip.AttributeNameSensitive, false)
	o.setDefault(kmip.AttributeNameExtractable, true)
	sensitive, _ := value[bool](o, kmip.AttributeNameSensitive)
	extractable, _ := value[bool](o, kmip.AttributeNameExtractable)
	o.setDefault(kmip.AttributeNameAlwaysSensitive, sensitive)
	o.setDefault(kmip.AttributeNameNeverExtractable, !extractable)
	if slices.Contains(cryptography, o.kind) {
		o.setDefault(kmip.AttributeNameState, kmip.StatePreActive)
	}
	if digest := digestOf(o.content); digest != nil {
		o.setDefault(kmip.AttributeNameDigest, *digest)
	}
	o.pass(c.now)
	if before != nil {
		*before = *o
	} else {
		s.put(o)
	}
	kmipserver.SetIdPlaceholder(c, o.id())
	return &payloads.ImportResponsePayload{UniqueIdentifier: o.id()}, nil
}
