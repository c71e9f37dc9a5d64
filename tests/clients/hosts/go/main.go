// Opens a payment at each vendor's host names through the sandbox's TLS. Prints the host and the payment
// code of each, and what becomes of clients that should not get through.
package main

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	ayolinxKey    = "CKSandbox-154dc98b-0000-4222-bbcc-dd55555ee666"
	ayolinxSecret = "SKSandbox-6f1a2b3c-1111-4333-8888-0123456789ab"
)

var client *http.Client

func main() {
	log.SetFlags(0)
	caFile, address := os.Getenv("GERAI_CA"), os.Getenv("GERAI_TLS")
	var err error
	client, err = sandboxClient(caFile, address)
	must(err)
	for _, host := range []string{"api.sandbox.midtrans.com", "api.midtrans.com"} {
		report(host, midtrans(host))
	}
	for _, host := range []string{"api.sandbox.cronosengine.com", "api.cronosengine.com"} {
		report(host, platform(host, [3]string{"On-Key", "On-Token", "On-Signature"},
			"SC-KRW9ESNZUUKQXOOX", "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t"))
	}
	for _, host := range []string{"api.sandbox.sengo.id", "api.sengo.id"} {
		report(host, platform(host, [3]string{"X-Client-Key", "X-Client-Token", "X-Signature"},
			"SG-GERAIDEMO000001", "gerai0demo0token0for0sengo000001"))
	}
	for _, host := range []string{"sandbox.ayolinx.id", "openapi.ayolinx.id"} {
		report(host, ayolinx(host))
	}

	_, err = client.Get("https://www.example.com/")
	var name x509.HostnameError
	fmt.Println("another name:", refused(errors.As(err, &name), err))
	distrusting := *client
	transport := client.Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.RootCAs = nil
	distrusting.Transport = transport
	_, err = distrusting.Get("https://api.sandbox.midtrans.com/v2/order-1/status")
	var authority x509.UnknownAuthorityError
	fmt.Println("without the CA:", refused(errors.As(err, &authority), err))
}

func midtrans(host string) string {
	body := fmt.Sprintf(`{"payment_type":"cstore","transaction_details":{"order_id":"%s",`+
		`"gross_amount":50000},"cstore":{"store":"alfamart"}}`, fresh())
	request := post(host, "/v2/charge", body)
	request.SetBasicAuth("SB-Mid-server-gerai-demo", "")
	return text(send(request), "payment_code")
}

func platform(host string, names [3]string, key, token string) string {
	body := fmt.Sprintf(`{"reference":"%s","phoneNumber":"082195395779","channel":"alfamart",`+
		`"amount":50000,"viewName":"Toko Uji","additionalInfo":{"callback":"http://merchant.test/notify"}}`, fresh())
	request := post(host, "/api/retail", body)
	signature := hex.EncodeToString(mac(token, key+body))
	for i, value := range []string{key, token, signature} {
		request.Header.Set(names[i], value)
	}
	data := send(request)["responseData"].(map[string]any)
	return text(data["retail"].(map[string]any), "paymentCode")
}

func ayolinx(host string) string {
	now := stamp(0)
	hash := sha256.Sum256([]byte(ayolinxKey + "|" + now))
	signature, err := rsa.SignPKCS1v15(rand.Reader, merchantKey(), crypto.SHA256, hash[:])
	must(err)
	request := post(host, "/v1.0/access-token/b2b", `{"grantType":"client_credentials"}`)
	request.Header.Set("X-TIMESTAMP", now)
	request.Header.Set("X-CLIENT-KEY", ayolinxKey)
	request.Header.Set("X-SIGNATURE", base64.StdEncoding.EncodeToString(signature))
	token := text(send(request), "accessToken")

	path := "/v1.0/retail/create"
	body := fmt.Sprintf(`{"partnerReferenceNo":"%s","validUpTo":"%s","customerName":"Budi Santoso",`+
		`"customerEmail":"budi@example.com","amount":{"currency":"IDR","value":"50000.00"},`+
		`"additionalInfo":{"channel":"RETAIL_ALFAMART"}}`, fresh(), stamp(time.Hour))
	hash = sha256.Sum256([]byte(body))
	signed := strings.Join([]string{"POST", path, token, hex.EncodeToString(hash[:]), now}, ":")
	request = post(host, path, body)
	request.Header.Set("X-TIMESTAMP", now)
	request.Header.Set("X-PARTNER-ID", ayolinxKey)
	request.Header.Set("X-EXTERNAL-ID", fresh())
	request.Header.Set("X-SIGNATURE", base64.StdEncoding.EncodeToString(mac(ayolinxSecret, signed)))
	request.Header.Set("Authorization", "Bearer "+token)
	return text(send(request), "vaNumber")
}

func merchantKey() *rsa.PrivateKey {
	text, err := os.ReadFile(os.Getenv("AYOLINX_PRIVATE_KEY"))
	must(err)
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	must(err)
	return key.(*rsa.PrivateKey)
}

func mac(key, text string) []byte {
	mac := hmac.New(sha512.New, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// stamp is the clock in Jakarta.
func stamp(ahead time.Duration) string {
	jakarta := time.FixedZone("WIB", 7*60*60)
	return time.Now().Add(ahead).In(jakarta).Format("2006-01-02T15:04:05-07:00")
}

func fresh() string {
	var bytes [8]byte
	_, err := rand.Read(bytes[:])
	must(err)
	return "go-" + hex.EncodeToString(bytes[:])
}

func post(host, path, body string) *http.Request {
	request, err := http.NewRequest("POST", "https://"+host+path, strings.NewReader(body))
	must(err)
	request.Header.Set("Content-Type", "application/json")
	return request
}

func send(request *http.Request) map[string]any {
	response, err := client.Do(request)
	must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(err)
	var answer map[string]any
	if err := json.Unmarshal(body, &answer); err != nil || response.StatusCode != 200 {
		log.Fatalf("%s: %s %s", request.URL, response.Status, body)
	}
	return answer
}

func text(answer map[string]any, name string) string {
	value, ok := answer[name].(string)
	if !ok {
		log.Fatalf("no %s in %v", name, answer)
	}
	return value
}

func report(host, code string) { fmt.Println(host, code) }

func refused(rightly bool, err error) string {
	if rightly {
		return "refused"
	}
	return fmt.Sprint("not refused for what it is: ", err)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
