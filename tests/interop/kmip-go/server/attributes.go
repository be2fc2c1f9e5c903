package main

import (
	"slices"
	"time"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/ttlv"
)

// rule is what the table of an attribute says (1.4 §3).
type rule struct {
	since   int               // the version it came with, 1.since
	applies []kmip.ObjectType // empty: all objects
	given   bool              // a client may state it in the request that makes the object
	add     bool              // a client may add it later
	modify  bool              // a client may modify it
	remove  bool              // a client may delete it
	several bool              // it may have several instances
}

var (
	keys         = []kmip.ObjectType{kmip.ObjectTypeSymmetricKey, kmip.ObjectTypePublicKey, kmip.ObjectTypePrivateKey, kmip.ObjectTypeSplitKey}
	pairs        = []kmip.ObjectType{kmip.ObjectTypePublicKey, kmip.ObjectTypePrivateKey}
	certificates = []kmip.ObjectType{kmip.ObjectTypeCertificate}
	keysAndCerts = slices.Concat(keys, certificates)
	protecting   = []kmip.ObjectType{kmip.ObjectTypeSymmetricKey, kmip.ObjectTypeSplitKey}
	material     = []kmip.ObjectType{kmip.ObjectTypeSymmetricKey, kmip.ObjectTypePrivateKey, kmip.ObjectTypeSplitKey, kmip.ObjectTypeSecretData}
	cryptography = slices.Concat(keysAndCerts, []kmip.ObjectType{kmip.ObjectTypeSecretData})
	valuables    = slices.Concat(cryptography, []kmip.ObjectType{kmip.ObjectTypeOpaqueObject})
)

var rules = map[kmip.AttributeName]rule{
	kmip.AttributeNameUniqueIdentifier:               {},
	kmip.AttributeNameName:                           {given: true, add: true, modify: true, remove: true, several: true},
	kmip.AttributeNameObjectType:                     {},
	kmip.AttributeNameCryptographicAlgorithm:         {applies: keysAndCerts, given: true},
	kmip.AttributeNameCryptographicLength:            {applies: keysAndCerts, given: true},
	kmip.AttributeNameCryptographicParameters:        {applies: keysAndCerts, given: true, add: true, modify: true, remove: true, several: true},
	kmip.AttributeNameCryptographicDomainParameters:  {applies: pairs, given: true},
	kmip.AttributeNameCertificateType:                {applies: certificates, given: true},
	kmip.AttributeNameCertificateLength:              {since: 1, applies: certificates, given: true},
	kmip.AttributeNameX509CertificateIdentifier:      {since: 1, applies: certificates},
	kmip.AttributeNameX509CertificateSubject:         {since: 1, applies: certificates},
	kmip.AttributeNameX509CertificateIssuer:          {since: 1, applies: certificates},
	kmip.AttributeNameCertificateIdentifier:          {applies: certificates},
	kmip.AttributeNameCertificateSubject:             {applies: certificates},
	kmip.AttributeNameCertificateIssuer:              {applies: certificates},
	kmip.AttributeNameDigitalSignatureAlgorithm:      {since: 1, applies: certificates, given: true},
	kmip.AttributeNameDigest:                         {applies: valuables, several: true},
	kmip.AttributeNameOperationPolicyName:            {given: true},
	kmip.AttributeNameCryptographicUsageMask:         {applies: cryptography, given: true},
	kmip.AttributeNameLeaseTime:                      {applies: cryptography},
	kmip.AttributeNameUsageLimits:                    {applies: keys, given: true, add: true, modify: true, remove: true},
	kmip.AttributeNameState:                          {applies: cryptography},
	kmip.AttributeNameInitialDate:                    {},
	kmip.AttributeNameActivationDate:                 {applies: cryptography, given: true, add: true, modify: true},
	kmip.AttributeNameProcessStartDate:               {applies: protecting, given: true, add: true, modify: true},
	kmip.AttributeNameProtectStopDate:                {applies: protecting, given: true, add: true, modify: true},
	kmip.AttributeNameDeactivationDate:               {applies: cryptography, given: true, add: true, modify: true},
	kmip.AttributeNameDestroyDate:                    {applies: valuables},
	kmip.AttributeNameCompromiseOccurrenceDate:       {applies: valuables},
	kmip.AttributeNameCompromiseDate:                 {applies: valuables},
	kmip.AttributeNameRevocationReason:               {applies: valuables},
	kmip.AttributeNameArchiveDate:                    {},
	kmip.AttributeNameObjectGroup:                    {given: true, add: true, modify: true, remove: true, several: true},
	kmip.AttributeNameFresh:                          {since: 1, applies: cryptography, given: true},
	kmip.AttributeNameLink:                           {applies: cryptography, given: true, add: true, modify: true, remove: true, several: true},
	kmip.AttributeNameApplicationSpecificInformation: {given: true, add: true, modify: true, remove: true, several: true},
	kmip.AttributeNameContactInformation:             {given: true, add: true, modify: true, remove: true},
	kmip.AttributeNameLastChangeDate:                 {},
	kmip.AttributeNameAlternativeName:                {since: 2, given: true, add: true, modify: true, remove: true, several: true},
	kmip.AttributeNameKeyValuePresent:                {since: 2, applies: material},
	kmip.AttributeNameKeyValueLocation:               {since: 2, applies: material, given: true, add: true, modify: true, remove: true, several: true},
	kmip.AttributeNameOriginalCreationDate:           {since: 2, given: true},
	kmip.AttributeNameRandomNumberGenerator:          {since: 3, applies: cryptography, given: true, add: true},
	kmip.AttributeNamePKCS_12FriendlyName:            {since: 4, applies: cryptography, given: true, add: true, modify: true, remove: true},
	kmip.AttributeNameDescription:                    {since: 4, given: true, add: true, modify: true, remove: true},
	kmip.AttributeNameComment:                        {since: 4, given: true, add: true, modify: true, remove: true},
	kmip.AttributeNameSensitive:                      {since: 4, given: true, modify: true},
	kmip.AttributeNameAlwaysSensitive:                {since: 4},
	kmip.AttributeNameExtractable:                    {since: 4, given: true, modify: true},
	kmip.AttributeNameNeverExtractable:               {since: 4},
}

// ruleOf gives the rule of an attribute that the version has; what begins with x- is the client's, with y- the server's.
func ruleOf(name kmip.AttributeName, minor int) (rule, bool) {
	if name.IsCustom() {
		own := name[0] == 'x'
		return rule{given: own, add: own, modify: own, remove: own, several: true}, true
	}
	r, known := rules[name]
	return r, known && minor >= r.since
}

// fits tells whether objects of a type have the attribute.
func (r rule) fits(kind kmip.ObjectType) bool {
	return len(r.applies) == 0 || slices.Contains(r.applies, kind)
}

// visible gives the attributes of the object that the version has, without the index of the first instances.
func visible(o *object, minor int) (shown []kmip.Attribute) {
	for _, a := range o.attributes {
		if _, known := ruleOf(a.AttributeName, minor); known {
			shown = append(shown, indexed(a))
		}
	}
	return shown
}

// indexed leaves the index 0 out: it is what no index means.
func indexed(a kmip.Attribute) kmip.Attribute {
	if a.AttributeIndex != nil && *a.AttributeIndex == 0 {
		a.AttributeIndex = nil
	}
	return a
}

// sound judges a value that a client gives; duplicate is the reason for a name that is taken.
func (s *store) sound(c call, o *object, a kmip.Attribute, duplicate kmip.ResultReason) error {
	switch v := a.AttributeValue.(type) {
	case nil:
		return fail(kmip.ResultReasonInvalidField, "%s has no value", a.AttributeName)
	case kmip.Name:
		if v.NameValue == "" || v.NameType < kmip.NameTypeUninterpretedTextString || v.NameType > kmip.NameTypeUri {
			return fail(kmip.ResultReasonInvalidField, "a Name has a value and a known type")
		}
		if s.named(c, v.NameValue, o) {
			return fail(duplicate, "the name %q is taken", v.NameValue)
		}
	case kmip.ApplicationSpecificInformation:
		if v.ApplicationData == "" {
			return fail(kmip.ResultReasonApplicationNamespaceNotSupported, "no data is generated for %q", v.ApplicationNamespace)
		}
	case kmip.Link:
		if v.LinkType == 0 || v.LinkedObjectIdentifier == "" {
			return fail(kmip.ResultReasonInvalidField, "a Link has a type and an identifier")
		}
	case kmip.UsageLimits:
		if v.UsageLimitsTotal < 0 || v.UsageLimitsUnit < kmip.UsageLimitsUnitByte || v.UsageLimitsUnit > kmip.UsageLimitsUnitObject {
			return fail(kmip.ResultReasonInvalidField, "Usage Limits are a total and a known unit")
		}
	case ttlv.Value:
		if fields, structure := v.Value.(ttlv.Struct); structure {
			for _, field := range fields {
				if _, deep := field.Value.(ttlv.Struct); deep {
					return fail(kmip.ResultReasonInvalidField, "the structure of a custom attribute has no structures in it")
				}
			}
		}
	}
	return nil
}

// usable makes the client's value the one to keep: the count of Usage Limits is the server's.
func usable(what any) any {
	if limits, is := what.(kmip.UsageLimits); is {
		total := limits.UsageLimitsTotal
		limits.UsageLimitsCount = &total
		return limits
	}
	return what
}

// ordered judges the dates of an object: one after the other.
func (o *object) ordered() error {
	names := []kmip.AttributeName{kmip.AttributeNameActivationDate, kmip.AttributeNameProcessStartDate,
		kmip.AttributeNameProtectStopDate, kmip.AttributeNameDeactivationDate}
	var last time.Time
	for _, name := range names {
		date, present := value[time.Time](o, name)
		if present && date.Before(last) {
			return fail(kmip.ResultReasonInvalidField, "%s is before a date that it has to follow", name)
		}
		if present {
			last = date
		}
	}
	return nil
}

// changeable tells whether an attribute may be added, modified or deleted now, where its table has a condition.
func (o *object) changeable(name kmip.AttributeName, now time.Time) bool {
	switch name {
	case kmip.AttributeNameActivationDate:
		return o.is(kmip.StatePreActive)
	case kmip.AttributeNameDeactivationDate:
		return o.is(kmip.StatePreActive, kmip.StateActive)
	case kmip.AttributeNameProcessStartDate, kmip.AttributeNameProtectStopDate:
		return o.is(kmip.StatePreActive, kmip.StateActive) && !o.reached(name, now)
	case kmip.AttributeNameUsageLimits:
		return !o.allocated
	}
	return true
}

// settle makes what follows from a change: states by dates, and what has always been so.
func (o *object) settle(c call) {
	if sensitive, _ := value[bool](o, kmip.AttributeNameSensitive); !sensitive {
		o.set(kmip.AttributeNameAlwaysSensitive, false)
	}
	if extractable, _ := value[bool](o, kmip.AttributeNameExtractable); extractable {
		o.set(kmip.AttributeNameNeverExtractable, false)
	}
	o.touch(c.now)
	o.pass(c.now)
}

// begin makes an object of the attributes in a request; it is not kept yet.
func (s *store) begin(c call, kind kmip.ObjectType, template kmip.TemplateAttribute) (*object, error) {
	if len(template.Name) > 0 {
		return nil, fail(kmip.ResultReasonItemNotFound, "there is no template %q", template.Name[0].NameValue)
	}
	o := &object{owner: c.owner, kind: kind, next: map[kmip.AttributeName]int32{}}
	o.set(kmip.AttributeNameUniqueIdentifier, newID())
	for _, a := range template.Attribute {
		r, known := ruleOf(a.AttributeName, c.minor)
		if !known || !r.given || !r.fits(kind) {
			return nil, fail(kmip.ResultReasonInvalidField, "%s cannot be given to this object", a.AttributeName)
		}
		if !r.several && len(o.all(a.AttributeName)) > 0 {
			return nil, fail(kmip.ResultReasonInvalidField, "%s stands twice", a.AttributeName)
		}
		if err := s.sound(c, o, a, kmip.ResultReasonInvalidField); err != nil {
			return nil, err
		}
		o.add(a.AttributeName, usable(a.AttributeValue))
	}
	if err := o.ordered(); err != nil {
		return nil, err
	}
	if mask, _ := value[kmip.CryptographicUsageMask](o, kmip.AttributeNameCryptographicUsageMask); mask == 0 && slices.Contains(cryptography, kind) &&
		len(o.all(kmip.AttributeNameCryptographicUsageMask)) == 0 {
		return nil, fail(kmip.ResultReasonInvalidMessage, "Cryptographic Usage Mask is required")
	}
	return o, nil
}

// generator is what is known of the random numbers: nothing.
var generator = kmip.RNGParameters{RNGAlgorithm: kmip.RNGAlgorithmUnspecified}

// finish gives a new object its content and the attributes that the server sets.
func (o *object) finish(c call, content kmip.Object, made bool) {
	o.content = content
	o.set(kmip.AttributeNameObjectType, o.kind)
	o.set(kmip.AttributeNameInitialDate, c.now)
	o.setDefault(kmip.AttributeNameOperationPolicyName, "default")
	if made {
		o.set(kmip.AttributeNameOriginalCreationDate, c.now)
		o.set(kmip.AttributeNameRandomNumberGenerator, generator)
	}
	if slices.Contains(cryptography, o.kind) {
		o.set(kmip.AttributeNameState, kmip.StatePreActive)
		o.set(kmip.AttributeNameLeaseTime, leaseTime)
		o.set(kmip.AttributeNameFresh, true)
	}
	o.remove(kmip.AttributeNameDigest)
	if digest := digestOf(content); digest != nil {
		o.set(kmip.AttributeNameDigest, *digest)
	}
	o.setDefault(kmip.AttributeNameSensitive, false)
	o.setDefault(kmip.AttributeNameExtractable, true)
	o.set(kmip.AttributeNameAlwaysSensitive, true)
	o.set(kmip.AttributeNameNeverExtractable, true)
	o.settle(c)
}
