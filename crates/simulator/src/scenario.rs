//! What can be wrong, or unusual, with a simulated LM Studio.

use std::time::Duration;

/// How the three listings (`/v1/models`, `/api/v0/models`, `/api/v1/models`) are answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scenario {
    /// As documented: every downloaded model is listed.
    #[default]
    Normal,
    /// Just-in-time loading is off: only loaded models are listed, except on `/api/v1/models`.
    JitOff,
    /// As [`Scenario::Normal`], after this long.
    Slow(Duration),
    /// A successful answer without any model: the models folder is not mounted.
    EmptyList,
    /// A successful answer with the first so many models: LM Studio is still starting.
    PartialList(usize),
    /// HTTP 500.
    ServerError,
    /// HTTP 200 whose body is LM Studio's error for an unknown path.
    ErrorBody,
    /// No answer, ever.
    Hang,
    /// The connection ends in the middle of the body.
    ResetMidBody,
    /// A second request on one connection is not answered: the connection is closed instead, as when LM
    /// Studio's keep-alive ends just then.
    KeepAliveEnds,
    /// HTTP 200 with a web page: a captive portal, a proxy.
    Html,
    /// HTTP 200 with JSON that breaks off.
    NotJson,
    /// HTTP 200 with a list of 12 MiB.
    Oversized,
    /// HTTP 302 to this address.
    Redirect(String),
    /// Not LM Studio at all, but another OpenAI-compatible server: `/v1/models` has `created`, and every path
    /// of LM Studio's own is a 404.
    OtherServer,
}
