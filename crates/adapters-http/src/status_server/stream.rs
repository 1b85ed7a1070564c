//! Server-sent events: the whole status at once, and again after each change, until the client goes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::unfold;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::answer::{self, Body};
use super::reporter::Reporter;

pub(super) const KIND: &str = "text/event-stream";

/// The shortest time between two events: changes that come closer together share one event.
const GATHER: Duration = Duration::from_millis(200);

/// After how long without news a comment is sent, to keep the connection open.
const SILENCE: Duration = Duration::from_secs(15);

/// What a client waits before it comes back, in milliseconds.
const RETRY: &str = "retry: 1500\n";

struct Listener<R> {
    reporter: Arc<R>,
    news: watch::Receiver<()>,
    first: bool,
    _place: OwnedSemaphorePermit,
}

/// An answer that goes on for as long as the client reads.
pub(super) fn events<R: Reporter>(reporter: &Arc<R>, listeners: &Arc<Semaphore>) -> Response<Body> {
    let Ok(place) = Arc::clone(listeners).try_acquire_owned() else { return answer::busy() };
    let news = reporter.news();
    let listener = Listener { reporter: Arc::clone(reporter), news, first: true, _place: place };
    let events = unfold(listener, async |mut listener| {
        let text = listener.next().await?;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from(text))), listener))
    });
    answer::with(StatusCode::OK, KIND, StreamBody::new(events).boxed_unsync())
}

impl<R: Reporter> Listener<R> {
    /// The next event's text; `None` once there will be no more news.
    async fn next(&mut self) -> Option<String> {
        if std::mem::take(&mut self.first) {
            return Some(format!("{RETRY}{}", self.event()));
        }
        match timeout(SILENCE, self.news.changed()).await {
            Ok(Ok(())) => {
                sleep(GATHER).await;
                self.news.mark_unchanged();
                Some(self.event())
            }
            Ok(Err(_)) => None,
            Err(_) => Some(":\n\n".to_owned()),
        }
    }

    fn event(&self) -> String {
        format!("event: status\ndata: {}\n\n", self.reporter.status())
    }
}
