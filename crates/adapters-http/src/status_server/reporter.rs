//! The source of what the status server shows, as a contract.

use tokio::sync::watch;

/// The source of what the server shows. Asked at each request, so nothing is made in advance.
pub trait Reporter: Send + Sync + 'static {
    /// All that is known, as one line of JSON without any secret.
    fn status(&self) -> String;
    /// The metrics, in Prometheus' text format.
    fn metrics(&self) -> String;
    /// Whether the loop turns; if not, since when it does not.
    fn alive(&self) -> Result<(), String>;
    /// Whether the first pass has been made.
    fn ready(&self) -> bool;
    /// Changes whenever there is something new to show.
    fn news(&self) -> watch::Receiver<()>;
}
