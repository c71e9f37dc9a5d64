use std::io::Write;

use axum::{Router, body::Body};
use http_body_util::BodyExt;
use testkit::Shop;
use tower::ServiceExt;

use super::{shown::form_text, *};
use crate::{config::Config, sandbox::Access, serve::router};

const KEY: &str = "merchant-secret-1";

/// Everything that is logged, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Listens to this thread from now on.
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

fn routes(shop: &Shop) -> Router {
    let limits = Config::read("", "").unwrap().limits;
    router::api(&shop.gateway, &limits, "http://pay.example", Access::default())
}

fn production() -> Shop {
    Shop::with(|settings| settings.environment = Environment::Production)
}

async fn ask(
    router: &Router,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn signatures(router: &Router) -> Vec<Value> {
    let (status, body) = ask(router, ("GET", "/sandbox/v1/signatures"), &[], "").await;
    assert_eq!(status, 200, "{body}");
    let told: Value = serde_json::from_str(&body).unwrap();
    told["signatures"].as_array().unwrap().clone()
}

/// `user` as HTTP Basic.
fn basic(user: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    format!("Basic {}", STANDARD.encode(user))
}

const CHARGE: (&str, &str) = ("POST", "/v2/charge");

#[tokio::test]
async fn a_failure_is_answered_as_ever_logged_in_one_line_and_shown() {
    let log = Log::default();
    let _listening = log.listen();
    let (sandbox, production) = (Shop::new(), production());
    let (sandbox, production) = (routes(&sandbox), routes(&production));
    // The colon is missing.
    let header = basic(KEY);
    let headers = [("authorization", header.as_str())];
    let (status, body) = ask(&sandbox, CHARGE, &headers, "{}").await;
    let as_ever = ask(&production, CHARGE, &headers, "{}").await;
    let without_id = |body: &str| -> Value {
        let mut body: Value = serde_json::from_str(body).unwrap();
        body.as_object_mut().unwrap().remove("id");
        body
    };
    assert_eq!((status, without_id(&body)), (401, without_id(&as_ever.1)));
    assert_eq!(as_ever.0, 401);

    let lines = signatures(&sandbox).await;
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(line["brand"], "midtrans");
    assert_eq!(line["request"], "POST /v2/charge");
    assert!(line["finding"].as_str().unwrap().contains("Basic without the colon"), "{line}");
    let text = log.text();
    let told: Vec<_> = text.lines().filter(|line| line.contains("is not believed")).collect();
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert!(told.contains("WARN") && told.contains("Basic without the colon"), "{told}");
    assert!(told.contains("http://pay.example/signature/1"), "{told}");
    assert!(!text.contains(KEY) && !text.contains(&header[6..]), "{text}");

    let (status, page) = ask(&sandbox, ("GET", "/signature"), &[], "").await;
    assert!(status == 200 && page.contains("Basic without the colon"), "{page}");
    let (status, page) = ask(&sandbox, ("GET", "/signature/1"), &[], "").await;
    assert!(status == 200 && page.contains("This was it: "), "{page}");
    assert!(!page.contains(KEY) && !page.contains(&header[6..]), "{page}");
    let (status, page) = ask(&sandbox, ("GET", "/signature/99"), &[], "").await;
    assert!(status == 404 && page.contains("nothing under this number"), "{page}");
}

#[tokio::test]
async fn a_right_signature_never_lands_there() {
    let shop = Shop::new();
    let router = routes(&shop);
    let header = basic(&format!("{KEY}:"));
    let headers = [("authorization", header.as_str())];
    let (status, _) = ask(&router, CHARGE, &headers, "{}").await;
    assert_ne!(status, 401);
    let (status, body) = ask(&router, ("GET", "/v2/nothing/status"), &headers, "").await;
    assert_eq!(status, 200, "{body}");
    assert!(signatures(&router).await.is_empty());
}

#[tokio::test]
async fn production_neither_explains_nor_logs_anything_of_it() {
    let log = Log::default();
    let _listening = log.listen();
    let shop = production();
    assert!(Signatures::of(&shop.gateway, "").is_none());
    let listener = Signatures::listener(None);
    listener.ask(|| panic!("something was explained"));
    let router = routes(&shop);
    let header = basic(KEY);
    assert_eq!(ask(&router, CHARGE, &[("authorization", &header)], "{}").await.0, 401);
    let headers = [("gerai-key", "nobody"), ("gerai-signature", "v1=0a")];
    let echo = ("GET", "/counter/v1/echo");
    assert_eq!(ask(&router, echo, &headers, "").await.0, 401);
    let headers = [("on-key", "a"), ("on-token", "b-secret"), ("on-signature", "c-signature")];
    assert_eq!(ask(&router, ("GET", "/api/balance"), &headers, "").await.0, 401);
    let text = log.text();
    assert!(!text.is_empty());
    for told in ["is not believed", "signature/", KEY, &header[6..], "b-secret", "c-signature"] {
        assert!(!text.contains(told), "{told}: {text}");
    }
    for path in ["/signature", "/signature/1", "/sandbox/v1/signatures", "/sandbox/v1/signatures/1"]
    {
        for method in ["GET", "POST"] {
            let (status, body) = ask(&router, (method, path), &[], "").await;
            assert_eq!(
                (status, body.as_str()),
                (404, r#"{"error":"not_found"}"#),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn a_text_of_ones_own_is_compared() {
    let shop = Shop::new();
    let router = routes(&shop);
    let now = shop.gateway.clock().real_now().millis() / 1_000;
    let (at, nonce) = (now.to_string(), "0123456789abcdef");
    let directory = shop.gateway.directory();
    let partner = directory.partner(testkit::PARTNER).unwrap();
    let (key, secret) = (&partner.keys[0].key_id, partner.keys[0].secret.expose());
    let own = format!("v1\n{key}\nGET\n/counter/v1/echo\n{at}\n{nonce}\nnothing");
    let mac = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let signature = format!("v1={}", hex::encode(aws_lc_rs::hmac::sign(&mac, own.as_bytes())));
    let headers = [
        ("gerai-key", key.as_str()),
        ("gerai-timestamp", &at),
        ("gerai-nonce", nonce),
        ("gerai-signature", &signature),
    ];
    assert_eq!(ask(&router, ("GET", "/counter/v1/echo"), &headers, "").await.0, 401);
    let path = "/sandbox/v1/signatures/1";
    let (status, whole) = ask(&router, ("GET", path), &[], "").await;
    assert_eq!(status, 200, "{whole}");
    assert!(!whole.contains(secret), "{whole}");
    let whole: Value = serde_json::from_str(&whole).unwrap();
    let servers = whole["string_to_sign"]["text"].as_str().unwrap().to_owned();
    assert_eq!(whole["string_to_sign"]["length"], servers.len());
    assert_eq!(whole["string_to_sign"]["sha256"], sha256_hex(servers.as_bytes()));

    let compare = async |text: &str| -> Value {
        let body = json!({ "string": text }).to_string();
        let (status, body) = ask(&router, ("POST", path), &[], &body).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    };
    let other = compare(&own).await;
    assert_eq!((&other["same"], &other["signature_fits"]), (&json!(false), &json!(true)));
    assert_eq!(other["apart"]["part"], "body's SHA-256");
    assert_eq!(other["apart"]["yours"], "nothing");
    let same = compare(&servers).await;
    assert_eq!((&same["same"], &same["signature_fits"]), (&json!(true), &json!(false)));
    assert!(same["sentence"].as_str().unwrap().contains("the key differs"), "{same}");
    for body in ["", "{}", "[]", r#"{"string":1}"#] {
        assert_eq!(ask(&router, ("POST", path), &[], body).await.0, 400, "{body}");
    }
    assert_eq!(ask(&router, ("POST", "/sandbox/v1/signatures/2"), &[], "{}").await.0, 404);

    // A browser's form: percent signs, and CR LF for every line end.
    let form = format!("string={}", own.replace('/', "%2f").replace('\n', "%0D%0A"));
    let (status, page) = ask(&router, ("POST", "/signature/1"), &[], &form).await;
    assert_eq!(status, 200);
    for part in [
        "in the <strong>body's SHA-256</strong>",
        "<mark>nothing</mark>",
        "only the text",
        "</mark>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn so_many_a_second_are_explained_and_so_many_are_kept() {
    let shop = Shop::new();
    let router = routes(&shop);
    for _ in 0..A_SECOND_MAX + 5 {
        assert_eq!(ask(&router, CHARGE, &[], "").await.0, 401);
    }
    assert_eq!(signatures(&router).await.len(), usize::try_from(A_SECOND_MAX).unwrap());
}

#[test]
fn any_form_is_read() {
    for (form, text) in [
        ("", ""),
        ("string=", ""),
        ("string=a+b%20c%2", "a b c%2"),
        ("x=1&string=a%0D%0Ab&string=c", "a\nb"),
        ("other=1", ""),
        ("string=%ff", "\u{fffd}"),
    ] {
        assert_eq!(form_text(form.as_bytes()), text, "{form}");
    }
}
