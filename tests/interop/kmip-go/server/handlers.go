package main

import (
	"context"
	"slices"
	"time"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipserver"
	"github.com/ovh/kmip-go/payloads"
	"github.com/ovh/kmip-go/ttlv"
)

// leaseTime is what Obtain Lease gives.
const leaseTime = time.Hour

// service is the server's operations on its store.
type service struct {
	store
	offered []offer
}

// offer is an operation and the version it came with.
type offer struct {
	operation kmip.Operation
	since     int
}

func newService() *service { return &service{store: store{byID: map[string]*object{}}} }

// route gives an operation its handler; one runs at a time.
func route[Q, A kmip.OperationPayload](s *service, e *kmipserver.BatchExecutor, operation kmip.Operation, since int, handle func(call, Q) (A, error)) {
	s.offered = append(s.offered, offer{operation, since})
	e.Route(operation, kmipserver.HandleFunc(func(ctx context.Context, request Q) (answer A, err error) {
		version := kmipserver.GetProtocolVersion(ctx)
		if version.Minor() < since {
			return answer, kmipserver.ErrOperationNotSupported
		}
		owner, known := ctx.Value(ownerKey{}).(string)
		if !known {
			return answer, kmipserver.ErrPermissionDenied
		}
		s.Lock()
		defer s.Unlock()
		now := time.Unix(time.Now().Unix(), 0)
		return handle(call{ctx, owner, version.Minor(), now}, request)
	}))
}

// register tells the toolkit what there is. Discover Versions is the toolkit's own.
func (s *service) register(e *kmipserver.BatchExecutor) {
	route(s, e, kmip.OperationCreate, 0, s.create)
	route(s, e, kmip.OperationCreateKeyPair, 0, s.createKeyPair)
	route(s, e, kmip.OperationRegister, 0, s.registerObject)
	route(s, e, kmip.OperationReKey, 0, s.rekey)
	route(s, e, kmip.OperationReKeyKeyPair, 1, s.rekeyKeyPair)
	route(s, e, kmip.OperationLocate, 0, s.locate)
	route(s, e, kmip.OperationGet, 0, s.get)
	route(s, e, kmip.OperationExport, 4, s.export)
	route(s, e, kmip.OperationImport, 4, s.importObject)
	route(s, e, kmip.OperationGetAttributes, 0, s.getAttributes)
	route(s, e, kmip.OperationGetAttributeList, 0, s.getAttributeList)
	route(s, e, kmip.OperationAddAttribute, 0, s.addAttribute)
	route(s, e, kmip.OperationModifyAttribute, 0, s.modifyAttribute)
	route(s, e, kmip.OperationDeleteAttribute, 0, s.deleteAttribute)
	route(s, e, kmip.OperationObtainLease, 0, s.obtainLease)
	route(s, e, kmip.OperationGetUsageAllocation, 0, s.getUsageAllocation)
	route(s, e, kmip.OperationActivate, 0, s.activate)
	route(s, e, kmip.OperationRevoke, 0, s.revoke)
	route(s, e, kmip.OperationDestroy, 0, s.destroy)
	route(s, e, kmip.OperationArchive, 0, s.archive)
	route(s, e, kmip.OperationRecover, 0, s.recoverObject)
	route(s, e, kmip.OperationQuery, 0, s.query)
	route(s, e, kmip.OperationEncrypt, 2, s.encrypt)
	route(s, e, kmip.OperationDecrypt, 2, s.decrypt)
	route(s, e, kmip.OperationSign, 2, s.sign)
	route(s, e, kmip.OperationSignatureVerify, 2, s.signatureVerify)
	s.offered = append(s.offered, offer{kmip.OperationDiscoverVersions, 1})
}

func (s *service) query(c call, q *payloads.QueryRequestPayload) (*payloads.QueryResponsePayload, error) {
	answer := &payloads.QueryResponsePayload{}
	for _, function := range q.QueryFunction {
		switch function {
		case kmip.QueryFunctionOperations:
			for _, o := range s.offered {
				if c.minor >= o.since {
					answer.Operations = append(answer.Operations, o.operation)
				}
			}
		case kmip.QueryFunctionObjects:
			answer.ObjectType = []kmip.ObjectType{kmip.ObjectTypeCertificate, kmip.ObjectTypeSymmetricKey, kmip.ObjectTypePublicKey,
				kmip.ObjectTypePrivateKey, kmip.ObjectTypeSplitKey, kmip.ObjectTypeSecretData, kmip.ObjectTypeOpaqueObject}
		case kmip.QueryFunctionServerInformation:
			answer.VendorIdentification = "kmipspec's server on ovh/kmip-go v0.8.1"
			answer.ServerInformation = &ttlv.Value{Tag: kmip.TagServerInformation, Value: ttlv.Struct{}}
		case kmip.QueryFunctionRNGs:
			answer.RNGParameters = []kmip.RNGParameters{generator}
		case kmip.QueryFunctionCapabilities:
			no := false
			answer.CapabilityInformation = []kmip.CapabilityInformation{{StreamingCapability: &no, AsynchronousCapability: &no,
				AttestationCapability: &no, UnwrapMode: kmip.UnwrapModeNotProcessed, DestroyAction: kmip.DestroyActionKeyMaterialDeleted}}
		}
	}
	return answer, nil
}

func (s *service) create(c call, q *payloads.CreateRequestPayload) (*payloads.CreateResponsePayload, error) {
	if q.ObjectType != kmip.ObjectTypeSymmetricKey {
		return nil, fail(kmip.ResultReasonInvalidField, "Create makes symmetric keys")
	}
	o, err := s.begin(c, q.ObjectType, q.TemplateAttribute)
	if err != nil {
		return nil, err
	}
	content, err := newSymmetricKey(o)
	if err != nil {
		return nil, err
	}
	o.finish(c, content, true)
	s.put(o)
	kmipserver.SetIdPlaceholder(c, o.id())
	return &payloads.CreateResponsePayload{ObjectType: o.kind, UniqueIdentifier: o.id()}, nil
}

// generated refuses an object for which another generator is asked than there is.
func generated(o *object) error {
	if asked, is := value[kmip.RNGParameters](o, kmip.AttributeNameRandomNumberGenerator); is && asked != generator {
		return fail(kmip.ResultReasonInvalidField, "there is no such random number generator")
	}
	return nil
}

// half gives the attributes of one key of a pair: its own ones go before the common ones.
func half(common, own *kmip.TemplateAttribute, minor int) (both kmip.TemplateAttribute) {
	if own != nil {
		both = kmip.TemplateAttribute{Name: slices.Clone(own.Name), Attribute: slices.Clone(own.Attribute)}
	}
	if common == nil {
		return both
	}
	both.Name = append(both.Name, common.Name...)
	for _, a := range common.Attribute {
		r, _ := ruleOf(a.AttributeName, minor)
		stated := own != nil && slices.ContainsFunc(own.Attribute, func(b kmip.Attribute) bool { return b.AttributeName == a.AttributeName })
		if r.several || !stated {
			both.Attribute = append(both.Attribute, a)
		}
	}
	return both
}

func (s *service) createKeyPair(c call, q *payloads.CreateKeyPairRequestPayload) (*payloads.CreateKeyPairResponsePayload, error) {
	private, err := s.begin(c, kmip.ObjectTypePrivateKey, half(q.CommonTemplateAttribute, q.PrivateKeyTemplateAttribute, c.minor))
	if err != nil {
		return nil, err
	}
	public, err := s.begin(c, kmip.ObjectTypePublicKey, half(q.CommonTemplateAttribute, q.PublicKeyTemplateAttribute, c.minor))
	if err != nil {
		return nil, err
	}
	for _, a := range private.all(kmip.AttributeNameName) {
		if slices.ContainsFunc(public.all(kmip.AttributeNameName), func(b kmip.Attribute) bool { return a.AttributeValue == b.AttributeValue }) {
			return nil, fail(kmip.ResultReasonInvalidField, "both keys would have the same name")
		}
	}
	secret, open, err := newPair(private, public)
	if err != nil {
		return nil, err
	}
	private.add(kmip.AttributeNameLink, kmip.Link{LinkType: kmip.LinkTypePublicKeyLink, LinkedObjectIdentifier: public.id()})
	public.add(kmip.AttributeNameLink, kmip.Link{LinkType: kmip.LinkTypePrivateKeyLink, LinkedObjectIdentifier: private.id()})
	private.finish(c, secret, true)
	public.finish(c, open, true)
	s.put(private, public)
	kmipserver.SetIdPlaceholder(c, private.id())
	return &payloads.CreateKeyPairResponsePayload{PrivateKeyUniqueIdentifier: private.id(), PublicKeyUniqueIdentifier: public.id()}, nil
}

func (s *service) registerObject(c call, q *payloads.RegisterRequestPayload) (*payloads.RegisterResponsePayload, error) {
	o, err := s.begin(c, q.ObjectType, q.TemplateAttribute)
	if err != nil {
		return nil, err
	}
	if err := describe(o, q.Object); err != nil {
		return nil, err
	}
	o.finish(c, q.Object, false)
	s.put(o)
	kmipserver.SetIdPlaceholder(c, o.id())
	return &payloads.RegisterResponsePayload{UniqueIdentifier: o.id()}, nil
}
