package main

import (
	"slices"
	"time"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipserver"
	"github.com/ovh/kmip-go/payloads"
)

// leftBehind are the attributes that a replacement does not take over (1.4 §4.4), and those that are set anew.
var leftBehind = []kmip.AttributeName{kmip.AttributeNameUniqueIdentifier, kmip.AttributeNameInitialDate, kmip.AttributeNameDestroyDate,
	kmip.AttributeNameCompromiseOccurrenceDate, kmip.AttributeNameCompromiseDate, kmip.AttributeNameRevocationReason, kmip.AttributeNameState,
	kmip.AttributeNameDigest, kmip.AttributeNameLink, kmip.AttributeNameLastChangeDate, kmip.AttributeNameOriginalCreationDate,
	kmip.AttributeNameRandomNumberGenerator, kmip.AttributeNameFresh, kmip.AttributeNameObjectType, kmip.AttributeNameLeaseTime,
	kmip.AttributeNameAlwaysSensitive, kmip.AttributeNameNeverExtractable, kmip.AttributeNameArchiveDate, kmip.AttributeNameKeyValuePresent}

// shifted are the dates that an Offset moves together with the Activation Date.
var shifted = []kmip.AttributeName{kmip.AttributeNameProcessStartDate, kmip.AttributeNameProtectStopDate, kmip.AttributeNameDeactivationDate}

// successor begins the replacement of a key: its attributes are those of the old one, but for those that the template states and
// those that are made anew.
func (s *service) successor(c call, old *object, stated *kmip.TemplateAttribute, offset *time.Duration) (*object, error) {
	if old.destroyed {
		return nil, fail(kmip.ResultReasonPermissionDenied, "a destroyed key is not re-keyed")
	}
	template := kmip.TemplateAttribute{}
	if stated != nil {
		template.Name, template.Attribute = stated.Name, slices.Clone(stated.Attribute)
	}
	given := func(name kmip.AttributeName) bool {
		return slices.ContainsFunc(template.Attribute, func(a kmip.Attribute) bool { return a.AttributeName == name })
	}
	activation, active := value[time.Time](old, kmip.AttributeNameActivationDate)
	var move time.Duration
	if offset != nil {
		for _, name := range append([]kmip.AttributeName{kmip.AttributeNameActivationDate}, shifted...) {
			if given(name) {
				return nil, fail(kmip.ResultReasonInvalidMessage, "Offset and %s exclude each other", name)
			}
		}
		for _, name := range shifted {
			if _, dated := value[time.Time](old, name); dated && !active {
				return nil, fail(kmip.ResultReasonIllegalOperation, "%s cannot be moved: there is no Activation Date", name)
			}
		}
		next := c.now.Add(*offset)
		move = next.Sub(activation)
		template.Attribute = append(template.Attribute, kmip.Attribute{AttributeName: kmip.AttributeNameActivationDate, AttributeValue: next})
	}
	for _, a := range old.attributes {
		if given(a.AttributeName) || slices.Contains(leftBehind, a.AttributeName) || a.AttributeName == kmip.AttributeNameName {
			continue
		}
		if date, is := a.AttributeValue.(time.Time); is && slices.Contains(shifted, a.AttributeName) {
			a.AttributeValue = date.Add(move)
		}
		template.Attribute = append(template.Attribute, a)
	}
	// The attributes of later versions are taken over as well.
	c.minor = 4
	return s.begin(c, old.kind, template)
}

// succeed finishes a replacement: names go over, and links each way.
func (s *service) succeed(c call, old, o *object, content kmip.Object) {
	for _, a := range old.all(kmip.AttributeNameName) {
		o.add(kmip.AttributeNameName, a.AttributeValue)
	}
	old.remove(kmip.AttributeNameName)
	o.add(kmip.AttributeNameLink, kmip.Link{LinkType: kmip.LinkTypeReplacedObjectLink, LinkedObjectIdentifier: old.id()})
	old.add(kmip.AttributeNameLink, kmip.Link{LinkType: kmip.LinkTypeReplacementObjectLink, LinkedObjectIdentifier: o.id()})
	o.finish(c, content, true)
	old.touch(c.now)
	s.put(o)
}

func (s *service) rekey(c call, q *payloads.RekeyRequestPayload) (*payloads.RekeyResponsePayload, error) {
	old, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	if old.kind != kmip.ObjectTypeSymmetricKey {
		return nil, fail(kmip.ResultReasonPermissionDenied, "Re-key is for symmetric keys")
	}
	o, err := s.successor(c, old, q.TemplateAttribute, q.Offset)
	if err != nil {
		return nil, err
	}
	content, err := newSymmetricKey(o)
	if err != nil {
		return nil, err
	}
	s.succeed(c, old, o, content)
	kmipserver.SetIdPlaceholder(c, o.id())
	return &payloads.RekeyResponsePayload{UniqueIdentifier: o.id()}, nil
}

func (s *service) rekeyKeyPair(c call, q *payloads.RekeyKeyPairRequestPayload) (*payloads.RekeyKeyPairResponsePayload, error) {
	private, err := s.online(c, q.PrivateKeyUniqueIdentifier)
	if err != nil {
		return nil, err
	}
	var public *object
	for _, a := range private.all(kmip.AttributeNameLink) {
		if link := a.AttributeValue.(kmip.Link); link.LinkType == kmip.LinkTypePublicKeyLink {
			if public, err = s.online(c, link.LinkedObjectIdentifier); err != nil {
				return nil, err
			}
		}
	}
	if private.kind != kmip.ObjectTypePrivateKey || public == nil {
		return nil, fail(kmip.ResultReasonPermissionDenied, "Re-key Key Pair is for the private key of a pair")
	}
	stated := half(q.CommonTemplateAttribute, q.PrivateKeyTemplateAttribute, c.minor)
	newPrivate, err := s.successor(c, private, &stated, q.Offset)
	if err != nil {
		return nil, err
	}
	stated = half(q.CommonTemplateAttribute, q.PublicKeyTemplateAttribute, c.minor)
	newPublic, err := s.successor(c, public, &stated, q.Offset)
	if err != nil {
		return nil, err
	}
	secret, open, err := newPair(newPrivate, newPublic)
	if err != nil {
		return nil, err
	}
	newPrivate.add(kmip.AttributeNameLink, kmip.Link{LinkType: kmip.LinkTypePublicKeyLink, LinkedObjectIdentifier: newPublic.id()})
	newPublic.add(kmip.AttributeNameLink, kmip.Link{LinkType: kmip.LinkTypePrivateKeyLink, LinkedObjectIdentifier: newPrivate.id()})
	s.succeed(c, private, newPrivate, secret)
	s.succeed(c, public, newPublic, open)
	kmipserver.SetIdPlaceholder(c, newPrivate.id())
	return &payloads.RekeyKeyPairResponsePayload{PrivateKeyUniqueIdentifier: newPrivate.id(), PublicKeyUniqueIdentifier: newPublic.id()}, nil
}
