//! The parts of the daemon that hear what the loop and the notifier do: each event goes to those that it concerns.

use std::sync::Arc;

use app::{Change, Event};
use tokio::sync::mpsc::UnboundedSender;

use super::first_server::FirstServer;
use super::heartbeat::Pulse;
use super::network::Network;
use super::standby::Standby;
use super::view::View;
use crate::status::Board;

/// The parts of the daemon that events reach.
pub(crate) struct Listeners {
    pub(crate) board: Arc<Board>,
    /// What a person at the terminal sees.
    pub(crate) view: Option<View>,
    pub(crate) pulse: Pulse,
    pub(crate) network: Network,
    pub(crate) standby: Standby,
    pub(crate) first_server: FirstServer,
    /// To the notifier and to the hook. A sender whose receiver is gone sends nowhere.
    pub(crate) to_picker: UnboundedSender<Change>,
    pub(crate) to_hook: UnboundedSender<Change>,
}

impl Listeners {
    /// Hands an event on.
    pub(crate) fn hear(&self, event: Event) {
        self.board.record(&event);
        if let Some(view) = &self.view {
            view.show(&event);
        }
        match event {
            Event::Turned => {
                self.pulse.beat();
                self.network.check();
                self.standby.check_now_and_then();
            }
            // What is known of them is on the board.
            Event::Paused { .. } | Event::Resumed { .. } | Event::Asked(_) | Event::StillShows { .. } => {}
            Event::Passed(pass) => self.first_server.count(&pass),
            Event::Listed(change) => drop(self.to_picker.send(change)),
            Event::Changed(change) => {
                self.standby.check();
                let _ = self.to_picker.send(change.clone());
                let _ = self.to_hook.send(change);
            }
        }
    }
}
