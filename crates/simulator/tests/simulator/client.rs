//! A plain HTTP client for the tests of the simulator.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use lmsync_simulator::{SimModel, Simulator};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A simulator with these models, and a connection to it.
pub(crate) async fn simulator(models: impl IntoIterator<Item = SimModel>) -> (Simulator, Client) {
    let simulator = Simulator::local().await.expect("a free port");
    simulator.world().set_models(models);
    let client = Client::connect(simulator.address()).await;
    (simulator, client)
}

/// One connection; it is closed when this is dropped.
pub(crate) struct Client {
    sender: SendRequest<Full<Bytes>>,
    connection: JoinHandle<()>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the simulator listens");
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP/1");
        let connection = tokio::spawn(async move {
            let _ = connection.await;
        });
        Self { sender, connection }
    }

    /// Sends a request, and gives its answer before the body is there.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<http::Response<Incoming>> {
        self.sender.ready().await?;
        self.sender.send_request(request).await
    }

    pub(crate) async fn whole(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Answer> {
        let (head, body) = self.send(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        let body = String::from_utf8(body.to_vec()).expect("the body is text");
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.whole(get(path)).await.expect("an answer")
    }

    /// Waits until the server has closed the connection.
    pub(crate) async fn closed(mut self) {
        (&mut self.connection).await.expect("the connection ends by itself");
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

pub(crate) fn get(path: &str) -> Request<Full<Bytes>> {
    let request = Request::get(path).header("host", "lmstudio.test").header("user-agent", "test/1");
    request.body(Full::default()).expect("a valid request")
}

pub(crate) fn get_as(path: &str, authorization: &str) -> Request<Full<Bytes>> {
    let mut request = get(path);
    request.headers_mut().insert("authorization", authorization.parse().expect("a valid header"));
    request
}

pub(crate) fn post(path: &str, body: &serde_json::Value) -> Request<Full<Bytes>> {
    let request = Request::post(path).header("host", "lmstudio.test").header("user-agent", "test/1");
    request.body(body.to_string().into()).expect("a valid request")
}
