package main

import (
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipserver"
	"github.com/ovh/kmip-go/payloads"
	"github.com/ovh/kmip-go/ttlv"
)

// alike tells whether a value of a search is met: the fields that a structure of it states are equal.
func alike(wanted, found any) bool {
	if mask, is := wanted.(kmip.CryptographicUsageMask); is {
		have, _ := found.(kmip.CryptographicUsageMask)
		return have&mask == mask
	}
	if limits, is := wanted.(kmip.UsageLimits); is {
		have, _ := found.(kmip.UsageLimits)
		return have.UsageLimitsTotal >= limits.UsageLimitsTotal && (limits.UsageLimitsUnit == 0 || limits.UsageLimitsUnit == have.UsageLimitsUnit) &&
			(limits.UsageLimitsCount == nil || *have.UsageLimitsCount >= *limits.UsageLimitsCount)
	}
	w, f := reflect.ValueOf(wanted), reflect.ValueOf(found)
	if w.Kind() != reflect.Struct || w.Type() != f.Type() || w.Type() == reflect.TypeFor[ttlv.Value]() {
		return reflect.DeepEqual(wanted, found)
	}
	for i := range w.NumField() {
		if !w.Field(i).IsZero() && !reflect.DeepEqual(w.Field(i).Interface(), f.Field(i).Interface()) {
			return false
		}
	}
	return true
}

// meets tells whether the object has what a search asks for; two values of a date are a range.
func (o *object) meets(wanted []kmip.Attribute) bool {
	dates := map[kmip.AttributeName][]int64{}
	for _, a := range wanted {
		if date, is := a.AttributeValue.(time.Time); is {
			dates[a.AttributeName] = append(dates[a.AttributeName], date.Unix())
			continue
		}
		if !slices.ContainsFunc(o.all(a.AttributeName), func(b kmip.Attribute) bool { return alike(a.AttributeValue, b.AttributeValue) }) {
			return false
		}
	}
	for name, limits := range dates {
		date := int64(math.MaxInt64) // the largest value is the same as none
		if set, present := value[time.Time](o, name); present {
			date = set.Unix()
		}
		if date < slices.Min(limits) || date > slices.Max(limits) {
			return false
		}
	}
	return true
}

func (s *service) locate(c call, q *payloads.LocateRequestPayload) (*payloads.LocateResponsePayload, error) {
	for _, a := range q.Attribute {
		if _, known := ruleOf(a.AttributeName, c.minor); !known {
			return nil, fail(kmip.ResultReasonInvalidField, "there is no attribute %q", a.AttributeName)
		}
	}
	if q.MaximumItems < 0 || q.OffsetItems < 0 {
		return nil, fail(kmip.ResultReasonInvalidField, "a number of items is not negative")
	}
	where := q.StorageStatusMask
	if where == 0 {
		where = kmip.StorageStatusOnlineStorage
	}
	answer := &payloads.LocateResponsePayload{}
	for _, o := range slices.Backward(s.order) {
		if o.owner != c.owner {
			continue
		}
		o.pass(c.now)
		fresh, _ := value[bool](o, kmip.AttributeNameFresh)
		switch {
		case o.archived && where&kmip.StorageStatusArchivalStorage == 0, !o.archived && where&kmip.StorageStatusOnlineStorage == 0:
		case q.ObjectGroupMember == kmip.ObjectGroupMemberFresh && !fresh:
		case o.meets(q.Attribute):
			answer.UniqueIdentifier = append(answer.UniqueIdentifier, o.id())
		}
	}
	if q.ObjectGroupMember == kmip.ObjectGroupMemberDefault && len(answer.UniqueIdentifier) > 0 {
		// The default object of a group is its oldest.
		answer.UniqueIdentifier = answer.UniqueIdentifier[len(answer.UniqueIdentifier)-1:]
	}
	count := int32(len(answer.UniqueIdentifier))
	answer.LocatedItems = &count
	answer.UniqueIdentifier = answer.UniqueIdentifier[min(q.OffsetItems, count):]
	if q.MaximumItems > 0 && len(answer.UniqueIdentifier) > int(q.MaximumItems) {
		answer.UniqueIdentifier = answer.UniqueIdentifier[:q.MaximumItems]
	}
	if len(answer.UniqueIdentifier) == 1 {
		kmipserver.SetIdPlaceholder(c, answer.UniqueIdentifier[0])
	} else {
		kmipserver.ClearIdPlaceholder(c)
	}
	return answer, nil
}
