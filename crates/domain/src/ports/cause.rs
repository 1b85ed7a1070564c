//! What an adapter says of a failure, beside the error of a port.

use std::error::Error;

/// An adapter's own account of a failure, below what the caller may do about it.
pub type Cause = Box<dyn Error + Send + Sync>;
