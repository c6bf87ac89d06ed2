//! The port: HTTP and websocket on one loopback listener whose connections can be cut on purpose.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::{future, io};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts as _, Request, State, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::hub::Hub;
use super::{gateway, rest};

/// The largest request, in bytes: Discord's 25 MiB and a little for the multipart frame.
const LARGEST_REQUEST: usize = 25 * 1024 * 1024 + 64 * 1024;

/// Serves the port until the emulator stops.
pub(crate) async fn serve(hub: Arc<Hub>, listener: TcpListener) {
    let stop = hub.stop.clone();
    let router = Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .with_state(hub)
        .into_make_service_with_connect_info::<Scissors>();
    let serving = axum::serve(CuttableListener(listener), router).with_graceful_shutdown(stop.cancelled_owned());
    if let Err(error) = serving.await {
        tracing::error!(%error, "The emulator's port failed.");
    }
}

async fn answer(
    State(hub): State<Arc<Hub>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    if !asks_for_loopback(&request) {
        // A web page elsewhere may have its own name point here; it must not get through.
        return (StatusCode::MISDIRECTED_REQUEST, "Only loopback names are served here.").into_response();
    }
    let upgrade =
        request.headers().get(header::UPGRADE).is_some_and(|kind| kind.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if upgrade {
        if request.headers().contains_key(header::ORIGIN) {
            return (StatusCode::FORBIDDEN, "The gateway is not for browsers.").into_response();
        }
        let (mut parts, _) = request.into_parts();
        let asked = |name: &str| {
            let query = parts.uri.query().unwrap_or_default();
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let version = asked("v").map(|version| version.parse().unwrap_or(0));
        // Of the two ways that Discord knows, the one that every library can fall back to.
        let zlib_stream = asked("compress") == Some("zlib-stream");
        return match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
            Ok(upgrade) => upgrade
                .max_message_size(1 << 20)
                .on_upgrade(move |socket| async move { gateway::serve(hub, socket, version, zlib_stream).await }),
            Err(refused) => refused.into_response(),
        };
    }
    match rest::answer(&hub, request).await {
        rest::Sent::Response(response) => response,
        rest::Sent::Lost => {
            scissors.cut();
            future::pending().await
        }
        rest::Sent::Never => {
            hub.stop.cancelled().await;
            scissors.cut();
            future::pending().await
        }
    }
}

fn asks_for_loopback(request: &Request) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// Cuts one connection without a goodbye.
#[derive(Clone)]
pub(crate) struct Scissors {
    is_cut: Arc<AtomicBool>,
    waker: Arc<futures_util::task::AtomicWaker>,
}

impl Scissors {
    fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        self.waker.wake();
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Scissors {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.io().scissors.clone()
    }
}

pub(crate) struct CuttableListener(TcpListener);

impl axum::serve::Listener for CuttableListener {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (CuttableStream, SocketAddr) {
        // The trait's own accept retries what can be retried.
        let (stream, address) = axum::serve::Listener::accept(&mut self.0).await;
        // Small answers must not wait for company: clicks are timed in fractions of a millisecond.
        let _ = stream.set_nodelay(true);
        let scissors = Scissors { is_cut: Arc::default(), waker: Arc::default() };
        (CuttableStream { stream, scissors }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

pub(crate) struct CuttableStream {
    stream: TcpStream,
    scissors: Scissors,
}

impl CuttableStream {
    fn check(&self) -> io::Result<()> {
        if self.scissors.is_cut.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // While an answer is lost the connection waits for reading; the scissors must wake it there.
        self.scissors.waker.register(context.waker());
        self.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
