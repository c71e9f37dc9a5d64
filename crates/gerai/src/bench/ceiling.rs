//! The ceiling: everything that a charge over HTTP costs besides being stored.
//!
//! The same listener, the same observation of every request, the same dialect from the first byte to
//! the last; where the gateway would open a payment, one is made up.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use dialect::{Dialect, Shell};
use domain::{
    code::PaymentCode,
    ids::{PaymentId, PaymentNo},
    money::Fee,
    payment::{Announce, Payment, State as PaymentState},
    time::Span,
};
use gateway::{
    Environment,
    clock::Clock,
    request::{OpenRequest, PaymentView},
};
use intake::Limits;
use storage::sqlite::Place;

use super::voices::{TOKEN, Voice};
use crate::{
    bootstrap::{self, Started},
    config::Config,
    serve::{
        household,
        listener::{self, Door},
        operations, router, say,
        stop::stopper,
    },
};

/// Serves charges that nobody stores, until the process is killed.
pub(super) fn serve() -> anyhow::Result<()> {
    let config = Config::load(None)?;
    crate::log::start(&config.log)?;
    // As many threads as the gateway has, or the two could not be compared.
    crate::serve::runtime()?.block_on(run(&config))
}

#[derive(Clone)]
struct Ceiling {
    shell: Shell,
    code: PaymentCode,
}

async fn run(config: &Config) -> anyhow::Result<()> {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = listener::bind(any_port).await?;
    let (_stopper, stop) = stopper();
    // A server that is observed pays for it; so does this one.
    let figures = operations::collect()?;
    tokio::spawn(household::digest(figures, stop.clone()));

    // For its directory and its clock. Its committer waits for ever, and is kept until the end.
    let place = Place::Memory("ceiling".to_owned());
    let Started { gateway, committer: _committer, .. } =
        bootstrap::start(&place, config, Environment::Sandbox, Clock::system())?;
    let limits =
        Limits { body_max: config.limits.body_max, body_timeout: config.limits.body_timeout };
    let shell = Shell::new(gateway, limits, config.limits.merchant_rate_max, "http://127.0.0.1");
    let code = PaymentCode::new("8127740588870520")?;
    // Tokens come from the dialect's own endpoint.
    let tokens = dialect_ayolinx::Ayolinx.routes(shell.clone()).into_service::<Body>();
    let routes = Router::new()
        .route("/v2/{*rest}", any(charge))
        .route(Voice::Cronos.path(), any(retail))
        .route(Voice::Ayolinx.path(), any(create))
        .route_service(TOKEN, tokens)
        .with_state(Ceiling { shell, code });

    let door = Door {
        router: router::observed(routes),
        proxies: Arc::default(),
        tls: None,
        header_timeout: config.limits.header_timeout,
        connections_max: config.limits.connections_max,
        shutdown_timeout: config.limits.shutdown_timeout,
        name: "api",
    };
    say(&format!("listening on http://{}\n", listener.local_addr()?));
    listener::accept(listener, door, stop).await;
    Ok(())
}

async fn charge(State(Ceiling { shell, code }): State<Ceiling>, request: Request) -> Response {
    dialect_midtrans::rehearse_charge(&shell, request, |request| made_up(request, code)).await
}

async fn retail(State(Ceiling { shell, code }): State<Ceiling>, request: Request) -> Response {
    dialect_cronos::rehearse_create(&shell, request, |request| made_up(request, code)).await
}

async fn create(State(Ceiling { shell, code }): State<Ceiling>, request: Request) -> Response {
    dialect_ayolinx::rehearse_create(&shell, request, |request| made_up(request, code)).await
}

/// The payment that the gateway might have opened.
fn made_up(request: OpenRequest, code: PaymentCode) -> PaymentView {
    let OpenRequest { account, order, retailer, amount, received_at, .. } = request;
    let deadline = request.expires_at;
    let payment = Payment {
        no: PaymentNo::new(1),
        id: PaymentId::from_bytes([0x5a; 16]),
        account,
        order,
        opened_for: retailer,
        code,
        slot: None,
        lap: 0,
        amount,
        fee: Fee::NONE,
        opened_at: received_at,
        expires_at: deadline.unwrap_or(received_at.plus(Span::hours(24))),
        announce: Announce::AtOnce,
        superseded: false,
        family: None,
        state: PaymentState::Pending,
    };
    PaymentView { payment, personal: request.personal, notify_urls: request.notify_urls }
}
