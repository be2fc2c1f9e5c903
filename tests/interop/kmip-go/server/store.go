package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipserver"
)

// fail is an answer with a Result Reason.
func fail(reason kmip.ResultReason, format string, values ...any) error {
	return kmipserver.Errorf(reason, format, values...)
}

// call is what a handler knows of the request.
type call struct {
	context.Context
	owner string    // the common name of the client's certificate
	minor int       // of the protocol version, 1.minor
	now   time.Time // dates have no fractions of a second
}

// object is a managed object. Its attributes have their index set; those of one name stand in the order of it.
type object struct {
	owner      string
	kind       kmip.ObjectType
	content    kmip.Object // when destroyed, without the key value, or nil
	attributes []kmip.Attribute
	next       map[kmip.AttributeName]int32 // the index of the next instance: an index is not given twice
	destroyed  bool
	archived   bool
	allocated  bool // Get Usage Allocation was performed
}

// all gives the instances of an attribute.
func (o *object) all(name kmip.AttributeName) (found []kmip.Attribute) {
	for _, a := range o.attributes {
		if a.AttributeName == name {
			found = append(found, a)
		}
	}
	return found
}

// value gives the first instance of an attribute, the zero value where there is none.
func value[T any](o *object, name kmip.AttributeName) (found T, present bool) {
	for _, a := range o.attributes {
		if a.AttributeName == name {
			found, present = a.AttributeValue.(T)
			return found, present
		}
	}
	return found, false
}

// add gives the object one more instance.
func (o *object) add(name kmip.AttributeName, what any) kmip.Attribute {
	index := o.next[name]
	o.next[name] = index + 1
	a := kmip.Attribute{AttributeName: name, AttributeIndex: &index, AttributeValue: what}
	o.attributes = append(o.attributes, a)
	return a
}

// set gives a single-instance attribute its value.
func (o *object) set(name kmip.AttributeName, what any) {
	for i := range o.attributes {
		if o.attributes[i].AttributeName == name {
			o.attributes[i].AttributeValue = what
			return
		}
	}
	o.next[name] = 0
	o.add(name, what)
}

// setDefault gives it a value unless it has one.
func (o *object) setDefault(name kmip.AttributeName, what any) {
	if len(o.all(name)) == 0 {
		o.set(name, what)
	}
}

// remove takes all instances away.
func (o *object) remove(name kmip.AttributeName) {
	o.attributes = slices.DeleteFunc(o.attributes, func(a kmip.Attribute) bool { return a.AttributeName == name })
}

// instance gives the place of one instance, -1 where there is none.
func (o *object) instance(name kmip.AttributeName, index int32) int {
	return slices.IndexFunc(o.attributes, func(a kmip.Attribute) bool {
		return a.AttributeName == name && *a.AttributeIndex == index
	})
}

func (o *object) id() string {
	id, _ := value[string](o, kmip.AttributeNameUniqueIdentifier)
	return id
}

// state is zero for objects that have none.
func (o *object) state() kmip.State {
	state, _ := value[kmip.State](o, kmip.AttributeNameState)
	return state
}

func (o *object) is(states ...kmip.State) bool { return slices.Contains(states, o.state()) }

// touch notes a change.
func (o *object) touch(now time.Time) { o.set(kmip.AttributeNameLastChangeDate, now) }

// reached tells whether a date of the object has come.
func (o *object) reached(name kmip.AttributeName, now time.Time) bool {
	date, present := value[time.Time](o, name)
	return present && !date.After(now)
}

// pass makes the transitions that dates cause.
func (o *object) pass(now time.Time) {
	if o.is(kmip.StatePreActive) && o.reached(kmip.AttributeNameActivationDate, now) {
		o.set(kmip.AttributeNameState, kmip.StateActive)
		o.touch(now)
	}
	if o.is(kmip.StateActive) && o.reached(kmip.AttributeNameDeactivationDate, now) {
		o.set(kmip.AttributeNameState, kmip.StateDeactivated)
		o.touch(now)
	}
}

// store is all objects.
type store struct {
	sync.Mutex
	byID  map[string]*object
	order []*object // as they were made
}

// put keeps new objects.
func (s *store) put(objects ...*object) {
	for _, o := range objects {
		s.byID[o.id()] = o
		s.order = append(s.order, o)
	}
}

// newID makes a Unique Identifier (a random UUID).
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// find gives an object by identifier or ID Placeholder, archived or not.
func (s *store) find(c call, id string) (*object, error) {
	id, err := kmipserver.GetIdOrPlaceholder(c, id)
	if err != nil {
		return nil, err
	}
	o := s.byID[id]
	if o == nil || o.owner != c.owner {
		return nil, kmipserver.ErrItemNotFound
	}
	o.pass(c.now)
	return o, nil
}

// online gives an object that is not archived.
func (s *store) online(c call, id string) (*object, error) {
	o, err := s.find(c, id)
	if err == nil && o.archived {
		return nil, fail(kmip.ResultReasonObjectArchived, "%s is archived", o.id())
	}
	return o, err
}

// named tells whether another object of the client has the name.
func (s *store) named(c call, name string, but *object) bool {
	return slices.ContainsFunc(s.order, func(o *object) bool {
		return o.owner == c.owner && o != but && slices.ContainsFunc(o.all(kmip.AttributeNameName), func(a kmip.Attribute) bool {
			return a.AttributeValue.(kmip.Name).NameValue == name
		})
	})
}
