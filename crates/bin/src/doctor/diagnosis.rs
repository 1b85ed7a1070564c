//! What the doctor has to say.

use domain::Assessment;

use super::finding::Finding;

/// What the doctor has to say.
pub(crate) struct Diagnosis {
    pub(crate) findings: Vec<Finding>,
    /// How things stand; `None` where the configuration cannot be used.
    pub(crate) state: Option<Assessment>,
}
