//! What is known of OpenClaw beside the servers' models.

use domain::GatewayNow;

/// What is known of OpenClaw beside the servers' models.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenclawStatus {
    /// Whether its gateway can be asked.
    pub link: GatewayLink,
    /// Whether OpenClaw is installed here, or its configuration is there.
    pub is_there: bool,
    /// Whether lmsync is set not to ask the picker.
    pub picker_is_off: bool,
}

impl OpenclawStatus {
    /// What of its gateway decides how things stand.
    #[must_use]
    pub fn gateway(&self) -> GatewayNow<'_> {
        match &self.link {
            GatewayLink::Unknown => GatewayNow::Unknown,
            GatewayLink::Open => GatewayNow::Runs,
            GatewayLink::Away if self.is_there => GatewayNow::Away,
            GatewayLink::Away => GatewayNow::NoOpenclaw,
            GatewayLink::Refused { why, advice } => GatewayNow::Refuses { why, advice: Some(advice) },
        }
    }
}

/// Whether the gateway can be asked, as of the last time that it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum GatewayLink {
    /// It was not asked yet.
    #[default]
    Unknown,
    /// It answers, and lets lmsync read.
    Open,
    /// Nothing listens there, or it is only starting.
    Away,
    /// It does not let lmsync in, or does not answer as a gateway does.
    Refused {
        /// Why.
        why: String,
        /// What a person can do about it.
        advice: &'static str,
    },
}
