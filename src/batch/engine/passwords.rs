//! Passwords that somebody was asked for: each once in a run.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, watch};

use super::super::News;
use super::Engine;
use crate::channel::Plan;
use crate::sasl::Secret;

/// What was answered.
pub(super) struct Passwords {
    known: Mutex<HashMap<String, Option<Secret>>>,
    /// One question at a time.
    turn: Turn<()>,
    answer: watch::Sender<Option<Option<Secret>>>,
}

impl Passwords {
    pub fn new() -> Passwords {
        Passwords {
            known: Mutex::new(HashMap::new()),
            turn: Turn::new(()),
            answer: watch::Sender::new(None),
        }
    }

    fn known(&self, authcid: &str) -> Option<Option<Secret>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(authcid).cloned()
    }

    /// Puts in what is known.
    pub fn fill(&self, plan: &mut Plan) {
        let who = &mut plan.credentials;
        if let (None, Some(authcid)) = (&who.secret, &who.authcid) {
            who.secret = self.known(authcid).flatten();
        }
    }

    /// The answer of a face.
    pub fn answered(&self, secret: Option<Secret>) {
        self.answer.send_replace(Some(secret));
    }

    /// Asks the face, once for each who logs in.
    pub async fn wanted(
        &self,
        engine: &Engine,
        authcid: &str,
        authzid: Option<String>,
    ) -> Option<Secret> {
        let _turn = self.turn.lock().await;
        if let Some(known) = self.known(authcid) {
            return known;
        }
        self.answer.send_replace(None);
        let mut answer = self.answer.subscribe();
        engine
            .tell(News::PasswordWanted {
                authcid: authcid.to_owned(),
                authzid,
            })
            .await;
        let given = tokio::select! {
            given = answer.wait_for(Option::is_some) => given.ok().and_then(|given| given.clone()),
            () = engine.gate.over() => None,
        };
        let given = given.flatten();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(authcid.to_owned(), given.clone());
        given
    }
}
