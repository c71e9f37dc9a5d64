// Whether an Ayolinx notification is genuine. Go 1.19 or newer, standard library only.
//
// Copy isGenuine into your endpoint; give it the request's headers, its body byte for byte, the path of
// your own URL as it stands on the request line (without the query), and the platform's public key in
// PEM.
//
//	PLATFORM_PUBLIC_KEY="$(cat platform_public.pem)" NOTIFY_PATH=/hook \
//	    go run ayolinx.go body.json headers.txt
package main

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
)

func isGenuine(header func(string) string, body []byte, path, publicKey string) bool {
	block, _ := pem.Decode([]byte(publicKey))
	if block == nil {
		return false
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return false
	}
	key, isRSA := parsed.(*rsa.PublicKey)
	signature, err := base64.StdEncoding.DecodeString(header("x-signature"))
	if err != nil || !isRSA {
		return false
	}
	digest := sha256.Sum256(body)
	signed := "POST:" + path + ":" + hex.EncodeToString(digest[:]) + ":" + header("x-timestamp")
	hash := sha256.Sum256([]byte(signed))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, hash[:], signature) == nil
}

// In an endpoint this is request.Header.Get.
func readHeaders(path string) func(string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	headers := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		if name, value, found := strings.Cut(line, ":"); found {
			headers[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
	}
	return func(name string) string { return headers[name] }
}

func main() {
	body, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	header := readHeaders(os.Args[2])
	path, key := os.Getenv("NOTIFY_PATH"), os.Getenv("PLATFORM_PUBLIC_KEY")
	if !isGenuine(header, body, path, key) {
		fmt.Println("not genuine")
		os.Exit(1)
	}
	fmt.Println("genuine")
}
