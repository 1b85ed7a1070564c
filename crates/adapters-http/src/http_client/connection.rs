//! One HTTP/1.1 connection, driven by the caller that waits for its answer instead of by a task of its own.
//!
//! hyper-util's client is not used: it spawns a task per connection, which would wake the daemon once more a pass.

use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;

use super::connector::Stream;
use crate::http_client::error::ExchangeError;

/// The most bytes of one answer's head, and of its body that are buffered at a time.
const MAX_HEAD: usize = 16 * 1024;

/// How much of an announced body is reserved before a byte of it has come.
const MAX_RESERVED: usize = 64 * 1024;

/// The longest body that is kept, in bytes.
pub(crate) const MAX_BODY: usize = 10 * 1024 * 1024;

/// What takes parts out of a body.
type Take<'a> = &'a mut (dyn FnMut(&mut Vec<u8>) -> ControlFlow<()> + Send);

/// How a body is received.
pub(crate) struct Intake<'a> {
    /// The most bytes that it may have. Where parts are taken out, at most [`MAX_BODY`] are kept.
    pub(crate) most: usize,
    /// Takes out of what has arrived what it has read of it; `Break` where it needs no more.
    pub(crate) take: Option<Take<'a>>,
}

impl Intake<'_> {
    /// As it is, unless it is longer than that.
    pub(crate) fn at_most(most: usize) -> Self {
        Self { most, take: None }
    }
}

/// A body, or what is left of it.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    /// How many bytes came in all.
    pub(super) length: usize,
    /// Whether it was read to its end.
    pub(super) is_whole: bool,
}

/// hyper's state machine; `None` once it has ended.
type Driver = Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>;

/// The connection.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
}

impl Connection {
    pub(crate) async fn open(stream: Box<dyn Stream>) -> hyper::Result<Self> {
        let (sender, driver) = Builder::new().max_buf_size(MAX_HEAD).handshake(TokioIo::new(stream)).await?;
        Ok(Self { sender, driver: Some(Box::pin(driver)) })
    }

    /// Sends the request and waits for the head of its answer.
    pub(crate) async fn ask(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>> {
        let answer = self.sender.send_request(request);
        drive(&mut self.driver, answer).await
    }

    /// Reads a body to its end, unless it is too long.
    pub(crate) async fn read(
        &mut self,
        mut body: Incoming,
        Intake { most, take }: &mut Intake<'_>,
    ) -> Result<Received, ExchangeError> {
        let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if announced > *most {
            return Err(ExchangeError::TooLarge { limit: *most });
        }
        let mut bytes = Vec::with_capacity(announced.min(MAX_RESERVED));
        let (mut length, limit) = (0, if take.is_some() { MAX_BODY } else { *most });
        while let Some(frame) = drive(&mut self.driver, body.frame()).await {
            let Ok(data) = frame.map_err(ExchangeError::lost)?.into_data() else { continue };
            length += data.len();
            if length > *most {
                return Err(ExchangeError::TooLarge { limit: *most });
            }
            if data.len() > limit - bytes.len() {
                return Err(ExchangeError::TooLarge { limit });
            }
            bytes.extend_from_slice(&data);
            if let Some(take) = take
                && take(&mut bytes).is_break()
            {
                return Ok(Received { bytes, length, is_whole: false });
            }
        }
        Ok(Received { bytes, length, is_whole: true })
    }

    /// Whether another request can be sent. Polls the connection once, and does not wait.
    pub(super) fn is_reusable(&mut self) -> bool {
        advance(&mut self.driver, &mut Context::from_waker(Waker::noop()));
        self.driver.is_some() && self.sender.is_ready()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("open", &self.driver.is_some()).finish_non_exhaustive()
    }
}

/// Waits for `what`, which the connection makes happen.
async fn drive<F: Future>(driver: &mut Driver, what: F) -> F::Output {
    let mut what = pin!(what);
    poll_fn(|cx| {
        advance(driver, cx);
        what.as_mut().poll(cx)
    })
    .await
}

fn advance(driver: &mut Driver, cx: &mut Context<'_>) {
    if let Some(running) = driver
        && running.as_mut().poll(cx).is_ready()
    {
        // Its error, if any, is what the request or the body ends with.
        *driver = None;
    }
}
