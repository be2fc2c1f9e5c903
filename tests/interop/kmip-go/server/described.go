package main

import (
	"slices"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/payloads"
)

func (s *service) getAttributes(c call, q *payloads.GetAttributesRequestPayload) (*payloads.GetAttributesResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	for i, name := range q.AttributeName {
		if c.minor > 0 && slices.Contains(q.AttributeName[:i], name) {
			return nil, fail(kmip.ResultReasonInvalidMessage, "%s is asked for twice", name)
		}
	}
	answer := &payloads.GetAttributesResponsePayload{UniqueIdentifier: o.id()}
	for _, a := range visible(o, c.minor) {
		if len(q.AttributeName) == 0 || slices.Contains(q.AttributeName, a.AttributeName) {
			answer.Attribute = append(answer.Attribute, a)
		}
	}
	return answer, nil
}

func (s *service) getAttributeList(c call, q *payloads.GetAttributeListRequestPayload) (*payloads.GetAttributeListResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	answer := &payloads.GetAttributeListResponsePayload{UniqueIdentifier: o.id()}
	for _, a := range visible(o, c.minor) {
		if !slices.Contains(answer.AttributeName, a.AttributeName) {
			answer.AttributeName = append(answer.AttributeName, a.AttributeName)
		}
	}
	return answer, nil
}

func (s *service) addAttribute(c call, q *payloads.AddAttributeRequestPayload) (*payloads.AddAttributeResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	name := q.Attribute.AttributeName
	r, known := ruleOf(name, c.minor)
	switch {
	case q.Attribute.AttributeIndex != nil:
		return nil, fail(kmip.ResultReasonInvalidField, "the index of a new attribute is the server's")
	case !known || !r.fits(o.kind):
		return nil, fail(kmip.ResultReasonPermissionDenied, "this object has no %s", name)
	case !r.add:
		return nil, fail(kmip.ResultReasonPermissionDenied, "%s is read-only", name)
	case !r.several && len(o.all(name)) > 0:
		return nil, fail(kmip.ResultReasonIllegalOperation, "%s is there already", name)
	case !o.changeable(name, c.now):
		return nil, fail(kmip.ResultReasonPermissionDenied, "%s cannot be set now", name)
	}
	if err := s.sound(c, o, q.Attribute, kmip.ResultReasonIllegalOperation); err != nil {
		return nil, err
	}
	added := o.add(name, usable(q.Attribute.AttributeValue))
	if err := o.ordered(); err != nil {
		o.attributes = o.attributes[:len(o.attributes)-1]
		return nil, err
	}
	o.settle(c)
	return &payloads.AddAttributeResponsePayload{UniqueIdentifier: o.id(), Attribute: indexed(added)}, nil
}

func (s *service) modifyAttribute(c call, q *payloads.ModifyAttributeRequestPayload) (*payloads.ModifyAttributeResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	name, index := q.Attribute.AttributeName, int32(0)
	r, known := ruleOf(name, c.minor)
	if known && !r.modify {
		return nil, fail(kmip.ResultReasonPermissionDenied, "%s is read-only", name)
	}
	if len(o.all(name)) == 0 {
		return nil, fail(kmip.ResultReasonInvalidField, "the object has no %s", name)
	}
	if q.Attribute.AttributeIndex != nil {
		index = *q.Attribute.AttributeIndex
	}
	place := o.instance(name, index)
	if place < 0 {
		return nil, fail(kmip.ResultReasonItemNotFound, "the object has no %s with index %d", name, index)
	}
	if !o.changeable(name, c.now) {
		return nil, fail(kmip.ResultReasonPermissionDenied, "%s cannot be changed now", name)
	}
	if err := s.sound(c, o, q.Attribute, kmip.ResultReasonIllegalOperation); err != nil {
		return nil, err
	}
	before := o.attributes[place].AttributeValue
	o.attributes[place].AttributeValue = usable(q.Attribute.AttributeValue)
	if err := o.ordered(); err != nil {
		o.attributes[place].AttributeValue = before
		return nil, err
	}
	changed := indexed(o.attributes[place])
	o.settle(c)
	return &payloads.ModifyAttributeResponsePayload{UniqueIdentifier: o.id(), Attribute: changed}, nil
}

func (s *service) deleteAttribute(c call, q *payloads.DeleteAttributeRequestPayload) (*payloads.DeleteAttributeResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	r, known := ruleOf(q.AttributeName, c.minor)
	if known && !r.remove {
		return nil, fail(kmip.ResultReasonPermissionDenied, "%s cannot be deleted", q.AttributeName)
	}
	index := int32(0)
	if q.AttributeIndex != nil {
		index = *q.AttributeIndex
	}
	instances := o.all(q.AttributeName)
	place := o.instance(q.AttributeName, index)
	switch {
	case c.minor == 0 && q.AttributeIndex == nil && len(instances) > 1:
		return nil, fail(kmip.ResultReasonInvalidField, "which %s is meant?", q.AttributeName)
	case place < 0, c.minor == 0 && q.AttributeIndex != nil && !r.several:
		return nil, fail(kmip.ResultReasonItemNotFound, "the object has no %s with index %d", q.AttributeName, index)
	case !o.changeable(q.AttributeName, c.now):
		return nil, fail(kmip.ResultReasonPermissionDenied, "%s cannot be deleted any more", q.AttributeName)
	}
	gone := o.attributes[place]
	o.attributes = slices.Delete(o.attributes, place, place+1)
	o.settle(c)
	return &payloads.DeleteAttributeResponsePayload{UniqueIdentifier: o.id(), Attribute: indexed(gone)}, nil
}
