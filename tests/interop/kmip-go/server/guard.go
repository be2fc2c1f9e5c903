package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipserver"
	"github.com/ovh/kmip-go/ttlv"
)

// The toolkit decodes messages in goroutines of its own, and panics at items of a wrong length: one client would end the server for
// all. So each message is decoded here first, by the same decoder; one that it panics at ends its connection only.

// guard is a connection that gives the toolkit only what its decoder survives.
type guard struct {
	*tls.Conn
	guards *guards
	ready  []byte // read, and not yet given
}

// Read gives bytes of one message.
func (g *guard) Read(into []byte) (int, error) {
	if len(g.ready) == 0 {
		message, err := g.next()
		if err != nil {
			return 0, err
		}
		g.ready = message
	}
	n := copy(into, g.ready)
	g.ready = g.ready[n:]
	return n, nil
}

// next reads a message; of one that is too long it gives the head alone, which the toolkit refuses.
func (g *guard) next() ([]byte, error) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(g.Conn, head); err != nil {
		return nil, err
	}
	length := int64(binary.BigEndian.Uint32(head[4:]))
	if length > ttlv.DefaultMaxMessageSize {
		return head, nil
	}
	message := append(head, make([]byte, (length+7)/8*8)...)
	if _, err := io.ReadFull(g.Conn, message[8:]); err != nil {
		return nil, err
	}
	return message, survived(message)
}

// survived tells whether the decoder comes to an end with a message, be it an error.
func survived(message []byte) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			slog.Error("the decoder panicked", "cause", cause, "message", fmt.Sprintf("%x", message))
			err = errors.New("the decoder panicked")
		}
	}()
	_ = ttlv.UnmarshalTTLV(message, &kmip.RequestMessage{})
	return nil
}

// Close ends the connection.
func (g *guard) Close() error {
	g.guards.open.Delete(g.RemoteAddr().String())
	return g.Conn.Close()
}

// guards is a listener of guarded connections.
type guards struct {
	net.Listener
	config *tls.Config
	open   sync.Map // by the client's address
}

// listen opens a free port for clients with a certificate of the CA.
func listen(folder string) (*guards, error) {
	file := func(name string) string { return filepath.Join(folder, name) }
	self, err := tls.LoadX509KeyPair(file("server.pem"), file("server.key"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(file("ca.pem"))
	if err != nil {
		return nil, err
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(ca)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	return &guards{Listener: listener, config: &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{self},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
	}}, err
}

// Accept waits for a client.
func (l *guards) Accept() (net.Conn, error) {
	plain, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	g := &guard{Conn: tls.Server(plain, l.config), guards: l}
	l.open.Store(g.RemoteAddr().String(), g)
	return g, nil
}

// ownerKey is where the context of a connection has the client's common name.
type ownerKey struct{}

// identify finishes the TLS handshake, and notes who the client is.
func (l *guards) identify(ctx context.Context) (context.Context, error) {
	found, known := l.open.Load(kmipserver.RemoteAddr(ctx))
	if !known {
		return nil, net.ErrClosed
	}
	connection := found.(*guard).Conn
	if err := connection.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return context.WithValue(ctx, ownerKey{}, connection.ConnectionState().PeerCertificates[0].Subject.CommonName), nil
}
