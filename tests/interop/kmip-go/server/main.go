// A KMIP server (1.0 to 1.4) made with the server toolkit of ovh/kmip-go: message encoding, batches, error answers and versions are
// the toolkit's; objects, attributes and operations are here, written from the text of the Specification.
//
//	go run ./server DIR
//
// Puts certificates into DIR, prints one JSON line when it listens (address, ca, cert, key of alice, bob_cert, bob_key), and ends
// when standard input closes. Everything is kept in memory; who a client is, and so what it sees, is its certificate's common name.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipserver"
	"github.com/ovh/kmip-go/ttlv"
)

// identity is a certificate with its key.
type identity struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// issue makes a certificate and writes NAME.pem and NAME.key; without issuer it is a CA.
func issue(folder, name string, issuer *identity) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().Add(-24 * time.Hour),
		NotAfter:              time.Now().Add(7 * 24 * time.Hour),
		BasicConstraintsValid: true,
	}
	signer := &identity{template, key}
	if issuer == nil {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	} else {
		template.KeyUsage = x509.KeyUsageDigitalSignature
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
		template.DNSNames, template.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
		signer = issuer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.certificate, key.Public(), signer.key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	for file, block := range map[string]*pem.Block{
		name + ".pem": {Type: "CERTIFICATE", Bytes: der},
		name + ".key": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(filepath.Join(folder, file), pem.EncodeToMemory(block), 0o600); err != nil {
			return nil, err
		}
	}
	made, err := x509.ParseCertificate(der)
	return &identity{made, key}, err
}

// certify fills the folder: a CA, the server, the clients alice and bob.
func certify(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	ca, err := issue(folder, "ca", nil)
	if err != nil {
		return err
	}
	for _, name := range []string{"server", "alice", "bob"} {
		if _, err := issue(folder, name, ca); err != nil {
			return err
		}
	}
	return nil
}

// limitAnswer keeps answers below the size that the client states.
func limitAnswer(next kmipserver.Next, ctx context.Context, request *kmip.RequestMessage) (*kmip.ResponseMessage, error) {
	answer, err := next(ctx, request)
	limit := request.Header.MaximumResponseSize
	if err != nil || limit <= 0 || len(ttlv.MarshalTTLV(answer)) <= int(limit) {
		return answer, err
	}
	for i := range answer.BatchItem {
		item := &answer.BatchItem[i]
		item.ResultStatus, item.ResultReason = kmip.ResultStatusOperationFailed, kmip.ResultReasonResponseTooLarge
		item.ResultMessage, item.ResponsePayload = "", nil
	}
	return answer, nil
}

// run serves until standard input closes.
func run(folder string) error {
	if err := certify(folder); err != nil {
		return err
	}
	file := func(name string) string { return filepath.Join(folder, name) }
	log, err := os.Create(file("server.log"))
	if err != nil {
		return err
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})))
	listener, err := listen(folder)
	if err != nil {
		return err
	}
	executor := kmipserver.NewBatchExecutor()
	executor.Use(limitAnswer)
	newService().register(executor)
	server := kmipserver.NewServer(listener, executor).WithConnectHook(listener.identify)
	ready := map[string]any{
		"address": listener.Addr().String(), "pid": os.Getpid(), "ca": file("ca.pem"),
		"cert": file("alice.pem"), "key": file("alice.key"), "bob_cert": file("bob.pem"), "bob_key": file("bob.key"),
	}
	if err := json.NewEncoder(os.Stdout).Encode(ready); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return server.Serve()
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: server DIR")
		os.Exit(2)
	}
	folder, err := filepath.Abs(os.Args[1])
	if err == nil {
		err = run(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
