//! `GET /sandbox/v1/openapi.json`: what programs may press, described for them.

use axum::response::Response;
use http::StatusCode;

use super::answer;

const DOCUMENT: &str = include_str!("openapi.json");

/// The document.
pub(super) async fn document() -> Response {
    answer::json(StatusCode::OK, DOCUMENT)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::body::Body;
    use http::{Method, Request};
    use serde_json::Value;
    use testkit::Shop;
    use tower::ServiceExt;

    use super::{
        super::{Access, paths},
        *,
    };
    use crate::{config::Config, serve::router};

    #[test]
    fn it_describes_every_path_and_no_other() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let described: BTreeSet<&str> =
            document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let served: BTreeSet<&str> =
            paths().filter(|path| path.starts_with("/sandbox/v1/")).collect();
        assert_eq!(described, served);
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for reference in DOCUMENT.split("#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, call) in methods.as_object().unwrap() {
                if method != "parameters" {
                    assert!(call["summary"].is_string(), "{method} {path}");
                    assert!(call["responses"]["200"].is_object(), "{method} {path}");
                }
            }
        }
    }
    /// What a path takes is what the document says: no method less, none more.
    #[tokio::test]
    async fn it_describes_every_method_and_no_other() {
        let shop = Shop::new();
        let limits = Config::read("", "").unwrap().limits;
        let router = router::api(&shop.gateway, &limits, "http://pay.example", Access::default());
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        for (path, methods) in document["paths"].as_object().unwrap() {
            let at = path.replace(['{', '}'], "");
            for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                let request = Request::builder().method(method.clone()).uri(&at);
                let request = request.body(Body::empty()).unwrap();
                let answer = router.clone().oneshot(request).await.unwrap();
                let is_taken = answer.status() != StatusCode::METHOD_NOT_ALLOWED;
                let name = method.as_str().to_ascii_lowercase();
                assert_eq!(is_taken, methods.get(&name).is_some(), "{method} {path}");
            }
        }
    }
}
