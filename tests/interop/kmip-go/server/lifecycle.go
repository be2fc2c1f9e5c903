package main

import (
	"time"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipserver"
	"github.com/ovh/kmip-go/payloads"
)

func (s *service) obtainLease(c call, q *payloads.ObtainLeaseRequestPayload) (*payloads.ObtainLeaseResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	lease, leased := value[time.Duration](o, kmip.AttributeNameLeaseTime)
	if !leased || o.destroyed {
		return nil, fail(kmip.ResultReasonPermissionDenied, "no lease is given for this object")
	}
	changed, _ := value[time.Time](o, kmip.AttributeNameLastChangeDate)
	return &payloads.ObtainLeaseResponsePayload{UniqueIdentifier: o.id(), LeaseTime: lease, LastChangeDate: changed}, nil
}

// allocate takes an amount from the Usage Limits.
func (o *object) allocate(c call, amount int64) error {
	limits, _ := value[kmip.UsageLimits](o, kmip.AttributeNameUsageLimits)
	left := *limits.UsageLimitsCount - amount
	if left < 0 {
		return fail(kmip.ResultReasonPermissionDenied, "the Usage Limits do not allow that much")
	}
	limits.UsageLimitsCount = &left
	o.set(kmip.AttributeNameUsageLimits, limits)
	o.touch(c.now)
	return nil
}

func (s *service) getUsageAllocation(c call, q *payloads.GetUsageAllocationRequestPayload) (*payloads.GetUsageAllocationResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	if _, limited := value[kmip.UsageLimits](o, kmip.AttributeNameUsageLimits); !limited {
		return nil, fail(kmip.ResultReasonIllegalOperation, "the object has no Usage Limits")
	}
	if q.UsageLimitsCount <= 0 {
		return nil, fail(kmip.ResultReasonInvalidField, "an amount is positive")
	}
	if !o.is(kmip.StateActive) || o.reached(kmip.AttributeNameProtectStopDate, c.now) {
		return nil, fail(kmip.ResultReasonPermissionDenied, "the object may not protect anything now")
	}
	if err := o.allocate(c, q.UsageLimitsCount); err != nil {
		return nil, err
	}
	o.allocated = true
	return &payloads.GetUsageAllocationResponsePayload{UniqueIdentifier: o.id()}, nil
}

func (s *service) activate(c call, q *payloads.ActivateRequestPayload) (*payloads.ActivateResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	if o.state() == 0 {
		return nil, fail(kmip.ResultReasonIllegalOperation, "this object has no state")
	}
	if !o.is(kmip.StatePreActive) {
		return nil, fail(kmip.ResultReasonPermissionDenied, "the object is not Pre-Active")
	}
	o.set(kmip.AttributeNameState, kmip.StateActive)
	o.set(kmip.AttributeNameActivationDate, c.now)
	o.settle(c)
	return &payloads.ActivateResponsePayload{UniqueIdentifier: o.id()}, nil
}

func (s *service) revoke(c call, q *payloads.RevokeRequestPayload) (*payloads.RevokeResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	code := q.RevocationReason.RevocationReasonCode
	if code < kmip.RevocationReasonCodeUnspecified || code > kmip.RevocationReasonCodePrivilegeWithdrawn {
		return nil, fail(kmip.ResultReasonInvalidField, "there is no revocation reason %d", code)
	}
	compromise := code == kmip.RevocationReasonCodeKeyCompromise || code == kmip.RevocationReasonCodeCACompromise
	if !compromise && q.CompromiseOccurrenceDate != nil {
		return nil, fail(kmip.ResultReasonInvalidField, "a Compromise Occurrence Date is for a compromise")
	}
	next := o.state()
	switch {
	case next == 0: // an opaque object
	case compromise && o.is(kmip.StateDestroyed, kmip.StateDestroyedCompromised):
		next = kmip.StateDestroyedCompromised
	case compromise:
		next = kmip.StateCompromised
	case o.is(kmip.StateActive):
		next = kmip.StateDeactivated
	default:
		return nil, fail(kmip.ResultReasonIllegalOperation, "only an active object is deactivated")
	}
	if next != 0 {
		o.set(kmip.AttributeNameState, next)
	}
	if compromise {
		occurred, _ := value[time.Time](o, kmip.AttributeNameInitialDate)
		if q.CompromiseOccurrenceDate != nil {
			occurred = *q.CompromiseOccurrenceDate
		}
		o.set(kmip.AttributeNameCompromiseOccurrenceDate, occurred)
		o.set(kmip.AttributeNameCompromiseDate, c.now)
	} else if next != 0 {
		o.set(kmip.AttributeNameDeactivationDate, c.now)
	}
	o.set(kmip.AttributeNameRevocationReason, q.RevocationReason)
	o.touch(c.now)
	return &payloads.RevokeResponsePayload{UniqueIdentifier: o.id()}, nil
}

func (s *service) destroy(c call, q *payloads.DestroyRequestPayload) (*payloads.DestroyResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	if o.destroyed || o.is(kmip.StateActive) {
		return nil, fail(kmip.ResultReasonPermissionDenied, "the object is active or destroyed")
	}
	if o.is(kmip.StateCompromised) {
		o.set(kmip.AttributeNameState, kmip.StateDestroyedCompromised)
	} else if o.state() != 0 {
		o.set(kmip.AttributeNameState, kmip.StateDestroyed)
	}
	o.content, o.destroyed = hollow(o.content), true
	o.set(kmip.AttributeNameDestroyDate, c.now)
	o.touch(c.now)
	return &payloads.DestroyResponsePayload{UniqueIdentifier: o.id()}, nil
}

func (s *service) archive(c call, q *payloads.ArchiveRequestPayload) (*payloads.ArchiveResponsePayload, error) {
	o, err := s.online(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	o.archived = true
	o.set(kmip.AttributeNameArchiveDate, c.now)
	o.touch(c.now)
	return &payloads.ArchiveResponsePayload{UniqueIdentifier: o.id()}, nil
}

func (s *service) recoverObject(c call, q *payloads.RecoverRequestPayload) (*payloads.RecoverResponsePayload, error) {
	o, err := s.find(c, q.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	if o.archived {
		o.archived = false
		o.remove(kmip.AttributeNameArchiveDate)
		o.touch(c.now)
	}
	kmipserver.SetIdPlaceholder(c, o.id())
	return &payloads.RecoverResponsePayload{UniqueIdentifier: o.id()}, nil
}
