// A task for `kmipspec client` with the Go client library ovh/kmip-go: a key is created, found, read and destroyed. It agrees on a
// version by Discover Versions; with KMIP_VERSION (1.4) it offers that and what is older.
//
// Ends with 1 at the first call that fails.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/kmipclient"
	"github.com/ovh/kmip-go/payloads"
)

// done ends the program where a call has failed.
func done(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func main() {
	versions := []kmip.ProtocolVersion{kmip.V1_4, kmip.V1_3, kmip.V1_2, kmip.V1_1, kmip.V1_0}
	for told := os.Getenv("KMIP_VERSION"); told != "" && len(versions) > 1 && versions[0].String() != told; {
		versions = versions[1:]
	}
	client, err := kmipclient.Dial(os.Getenv("KMIP_HOST")+":"+os.Getenv("KMIP_PORT"), kmipclient.WithRootCAFile(os.Getenv("KMIP_CA")),
		kmipclient.WithClientCertFiles(os.Getenv("KMIP_CERT"), os.Getenv("KMIP_KEY")), kmipclient.WithKmipVersions(versions...),
		kmipclient.WithMiddlewares(kmipclient.TimeoutMiddleware(5*time.Second)))
	done("connect", err)
	_, err = client.Query().Operations().Objects().ServerInformation().Exec()
	done("query", err)
	created, err := client.Create().AES(256, kmip.CryptographicUsageEncrypt|kmip.CryptographicUsageDecrypt).WithName("kmip-go-life").Exec()
	done("create", err)
	id := created.UniqueIdentifier
	_, err = client.Locate().WithName("kmip-go-life").Exec()
	done("locate", err)
	got, err := client.Get(id).Exec()
	done("get", err)
	key, isKey := got.Object.(*kmip.SymmetricKey)
	if !isKey {
		done("get", fmt.Errorf("no symmetric key"))
	}
	material, err := key.KeyMaterial()
	done("key material", err)
	if len(material) != 32 {
		done("get", fmt.Errorf("%d bytes", len(material)))
	}
	told, err := client.GetAttributes(id).Exec()
	done("get attributes", err)
	state(told)
	_, err = client.Destroy(id).Exec()
	done("destroy", err)
	// The server may have closed it already.
	_ = client.Close()
}

// state ends the program where the attributes have none.
func state(told *payloads.GetAttributesResponsePayload) {
	for _, attribute := range told.Attribute {
		if attribute.AttributeName == kmip.AttributeNameState {
			return
		}
	}
	done("get attributes", fmt.Errorf("no State"))
}
