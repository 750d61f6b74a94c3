//! The second connection that listens (F7): what belongs to the screen. What it hears is `console/live.rs`'s.

use super::effect::Effect;
use super::state::State;
use crate::channel::{Notice, Request};
use crate::console::live::{Listening, Live};
use crate::console::{Phase, Settings};

impl State {
    /// F7: listens, or does not any more.
    pub(crate) fn toggle_live(&mut self) -> Vec<Effect> {
        if self.live.take().is_some() {
            self.message = Some("Nothing is listened to any more.".to_owned());
            return vec![Effect::StopListening];
        }
        let ready = *self.console.phase() == Phase::Ready && !self.is_log();
        let Some(plan) = self.plan.clone().filter(|_| ready) else {
            self.message = Some("There is no connection: nothing to listen to.".to_owned());
            return Vec::new();
        };
        if !self.console.identity().is_logged_in() {
            self.message = Some("Nobody is logged in: F4 or :login first.".to_owned());
            return Vec::new();
        }
        if plan.credentials.effective() != self.console.identity().effective() {
            self.message = Some(
                "Who is logged in here is not who the login of this session names: a second connection would be \
                 somebody else's."
                    .to_owned(),
            );
            return Vec::new();
        }
        let mailbox = self.console.model().selected().map(|s| s.name.clone());
        let settings = Settings {
            clock: Some(self.options.clock),
            ..Settings::default()
        };
        self.live = Some(Live::new(settings, plan.place.host(), mailbox));
        vec![Effect::Listen(Box::new(plan))]
    }

    /// A notice of the connection that listens.
    pub(crate) fn heard(&mut self, notice: Notice) -> Vec<Effect> {
        let Some(live) = &mut self.live else {
            return Vec::new();
        };
        let was = live.listening().clone();
        let requests = live.on_notice(notice);
        for (mailbox, items) in live.take_counts() {
            self.console.heard_elsewhere(&mailbox, &items);
        }
        if let Listening::Ended(sentence) = live.listening()
            && *live.listening() != was
        {
            self.message = Some(format!("Live events: {sentence}"));
        }
        self.after_change();
        to_live(requests)
    }

    /// The mailbox that is listened in is the one that is open here.
    pub(super) fn lead_live(&mut self) -> Vec<Effect> {
        let open = self.console.model().selected().map(|s| s.name.as_slice());
        match &mut self.live {
            Some(live) => to_live(live.follow(open)),
            None => Vec::new(),
        }
    }
}

fn to_live(requests: Vec<Request>) -> Vec<Effect> {
    requests.into_iter().map(Effect::SendLive).collect()
}
