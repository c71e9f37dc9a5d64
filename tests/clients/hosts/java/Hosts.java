import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;

/**
 * Opens a payment at each vendor's host names through the sandbox's TLS. Prints the host and the payment
 * code of each, and what becomes of clients that should not get through.
 */
class Hosts {
    static final String AYOLINX_KEY = "CKSandbox-154dc98b-0000-4222-bbcc-dd55555ee666";
    static final String AYOLINX_SECRET = "SKSandbox-6f1a2b3c-1111-4333-8888-0123456789ab";

    static HttpClient client;
    static String port;

    /** A client that trusts the CA of a sandbox. */
    static HttpClient sandboxClient(Path caFile) throws Exception {
        Certificate ca;
        try (InputStream file = Files.newInputStream(caFile)) {
            ca = CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("gerai-sandbox", ca);
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(tls).build();
    }

    public static void main(String[] arguments) throws Exception {
        client = sandboxClient(Path.of(System.getenv("GERAI_CA")));
        String address = System.getenv("GERAI_TLS");
        port = address.substring(address.lastIndexOf(':'));
        for (String host : List.of("api.sandbox.midtrans.com", "api.midtrans.com")) {
            report(host, midtrans(host));
        }
        for (String host : List.of("api.sandbox.cronosengine.com", "api.cronosengine.com")) {
            String[] names = {"On-Key", "On-Token", "On-Signature"};
            String token = "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t";
            report(host, platform(host, names, "SC-KRW9ESNZUUKQXOOX", token));
        }
        for (String host : List.of("api.sandbox.sengo.id", "api.sengo.id")) {
            String[] names = {"X-Client-Key", "X-Client-Token", "X-Signature"};
            String token = "gerai0demo0token0for0sengo000001";
            report(host, platform(host, names, "SG-GERAIDEMO000001", token));
        }
        for (String host : List.of("sandbox.ayolinx.id", "openapi.ayolinx.id")) {
            report(host, ayolinx(host));
        }
        System.out.println("another name: " + refused(client, "www.example.com"));
        HttpClient distrusting = HttpClient.newHttpClient();
        System.out.println("without the CA: " + refused(distrusting, "api.sandbox.midtrans.com"));
    }

    static String midtrans(String host) throws Exception {
        String body = """
                {"payment_type":"cstore","transaction_details":{"order_id":"%s","gross_amount":50000},\
                "cstore":{"store":"alfamart"}}""".formatted(fresh());
        String basic = Base64.getEncoder().encodeToString("SB-Mid-server-gerai-demo:".getBytes());
        return send("payment_code", post(host, "/v2/charge", body).header("Authorization", "Basic " + basic));
    }

    static String platform(String host, String[] names, String key, String token) throws Exception {
        String body = """
                {"reference":"%s","phoneNumber":"082195395779","channel":"alfamart","amount":50000,\
                "viewName":"Toko Uji","additionalInfo":{"callback":"http://merchant.test/notify"}}""".formatted(fresh());
        String signature = HexFormat.of().formatHex(mac(token, key + body));
        return send("paymentCode", post(host, "/api/retail", body)
                .headers(names[0], key, names[1], token, names[2], signature));
    }

    static String ayolinx(String host) throws Exception {
        String now = stamp(0);
        Signature rsa = Signature.getInstance("SHA256withRSA");
        String pem = Files.readString(Path.of(System.getenv("AYOLINX_PRIVATE_KEY")));
        byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        rsa.initSign(KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der)));
        rsa.update((AYOLINX_KEY + "|" + now).getBytes(StandardCharsets.UTF_8));
        String signature = Base64.getEncoder().encodeToString(rsa.sign());
        String token = send("accessToken",
                post(host, "/v1.0/access-token/b2b", "{\"grantType\":\"client_credentials\"}")
                        .headers("X-TIMESTAMP", now, "X-CLIENT-KEY", AYOLINX_KEY, "X-SIGNATURE", signature));

        String path = "/v1.0/retail/create";
        String body = """
                {"partnerReferenceNo":"%s","validUpTo":"%s","customerName":"Budi Santoso",\
                "customerEmail":"budi@example.com","amount":{"currency":"IDR","value":"50000.00"},\
                "additionalInfo":{"channel":"RETAIL_ALFAMART"}}""".formatted(fresh(), stamp(3600));
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
        String signed = String.join(":", "POST", path, token, HexFormat.of().formatHex(hash), now);
        signature = Base64.getEncoder().encodeToString(mac(AYOLINX_SECRET, signed));
        return send("vaNumber", post(host, path, body)
                .headers("X-TIMESTAMP", now, "X-PARTNER-ID", AYOLINX_KEY, "X-EXTERNAL-ID", fresh())
                .headers("X-SIGNATURE", signature, "Authorization", "Bearer " + token));
    }

    static byte[] mac(String key, String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA512");
        mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA512"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The clock in Jakarta. */
    static String stamp(long ahead) {
        OffsetDateTime now = OffsetDateTime.now(ZoneOffset.ofHours(7)).plusSeconds(ahead);
        return now.format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx"));
    }

    static String fresh() {
        return "java-" + UUID.randomUUID().toString().substring(0, 18);
    }

    static HttpRequest.Builder post(String host, String path, String body) {
        return HttpRequest.newBuilder(URI.create("https://" + host + port + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    /** Sends a request, and reads this text of the answer. */
    static String send(String name, HttpRequest.Builder builder) throws Exception {
        HttpRequest request = builder.build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        Matcher found = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(answer.body());
        if (answer.statusCode() != 200 || !found.find()) {
            throw new IllegalStateException(request.uri() + ": " + answer.statusCode() + " " + answer.body());
        }
        return found.group(1);
    }

    /** Whether the handshake fails, which it is to do. */
    static String refused(HttpClient client, String host) throws Exception {
        try {
            client.send(post(host, "/", "{}").build(), HttpResponse.BodyHandlers.ofString());
        } catch (SSLHandshakeException error) {
            return "refused";
        }
        return "not refused";
    }

    static void report(String host, String code) {
        System.out.println(host + " " + code);
    }
}
