// Whether a notification of Cronos Engine or SenGo is genuine. Go 1.19 or newer, standard library only.
//
// Copy isGenuine into your endpoint; give it the request's headers, its body byte for byte, your key
// and your token.
//
//	KEY=SC-... TOKEN=... go run cronos.go body.json headers.txt
package main

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

func isGenuine(header func(string) string, body []byte, key, token string) bool {
	// Cronos Engine calls its headers on-..., SenGo calls them x-...
	told, signature := header("on-key"), header("on-signature")
	if told == "" {
		told, signature = header("x-client-key"), header("x-signature")
	}
	given, err := hex.DecodeString(signature)
	if err != nil || told != key {
		return false
	}
	// The body as it arrived: decoded and encoded again it may be another text.
	mac := hmac.New(sha512.New, []byte(token))
	mac.Write([]byte(key))
	mac.Write(body)
	return hmac.Equal(mac.Sum(nil), given)
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
	if !isGenuine(header, body, os.Getenv("KEY"), os.Getenv("TOKEN")) {
		fmt.Println("not genuine")
		os.Exit(1)
	}
	fmt.Println("genuine")
}
