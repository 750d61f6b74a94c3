//! Why a command is not possible now: state, capability, rights (`:why`).

use super::super::Console;
use super::{Told, in_brief, lacking};
use crate::catalog;
use crate::explain;
use crate::model::ConnectionState;

impl Console {
    /// Why a command is not possible now, or that it is (`:why`).
    pub fn why(&self, text: &str) -> Vec<Told> {
        let text = text.trim();
        let mut told = Vec::new();
        let capabilities = self.model.capabilities().current();
        let state = match self.model.state() {
            ConnectionState::NotAuthenticated if self.identity.is_logged_in() => {
                ConnectionState::Authenticated
            }
            state => state,
        };
        let Some(hint) = catalog::hint(text, text.len(), &self.model) else {
            if let Some(row) = explain::capability(text) {
                told.push(Told::Heading(format!(
                    "The capability {}",
                    text.to_uppercase()
                )));
                told.push(Told::Words(format!("{}.", row.means)));
                told.push(Told::Words(match capabilities.map(|set| set.has(text)) {
                    Some(true) => "The server advertises it now.".to_owned(),
                    Some(false) => "The server does not advertise it now.".to_owned(),
                    None => "The server has not told its capabilities yet.".to_owned(),
                }));
                told.push(Told::Reference(row.reference.clone()));
            } else {
                told.push(Told::Words(
                    "Name a command or a capability: :why STARTTLS. Tab lists the commands."
                        .to_owned(),
                ));
            }
            return told;
        };
        let spec = hint.spec;
        told.push(Told::Heading(format!("{} {}", spec.verb, spec.syntax)));
        told.push(Told::Words(spec.summary.clone()));
        let mut possible = true;
        if !spec.is_allowed(state) {
            possible = false;
            let must = match spec.states {
                catalog::States::Before => "before a login",
                catalog::States::LoggedIn => "after a login",
                catalog::States::Selected => "with a mailbox open: SELECT or EXAMINE one first",
                catalog::States::Any => "on a connection",
            };
            told.push(Told::Words(format!(
                "Not now: the session is {}, and the command is possible {must}.",
                state.name()
            )));
        }
        if let Some(name) = spec.capability() {
            match capabilities {
                None => told.push(Told::Words(format!(
                    "It needs {name}; the server has not told its capabilities yet."
                ))),
                Some(set) if spec.is_offered(set) => {
                    told.push(Told::Words(format!(
                        "It needs {name}, which the server has."
                    )));
                }
                Some(_) => {
                    possible = false;
                    let when = match state {
                        ConnectionState::NotAuthenticated => {
                            " now. Many capabilities come after the login, some after TLS."
                        }
                        _ => {
                            ", neither before nor after the login: it has not got it, or it is turned off."
                        }
                    };
                    let before = self
                        .offered_before_login()
                        .is_some_and(|before| spec.is_offered(before));
                    told.push(Told::Words(match before && state != ConnectionState::NotAuthenticated {
                        true => format!("It needs {name}, which the server had before the login and has no more."),
                        false => format!("It needs {name}, which the server does not advertise{when}"),
                    }));
                }
            }
            for capability in &spec.capabilities {
                if let Some(row) = explain::capability(capability) {
                    told.push(Told::Words(format!(
                        "{capability}: {} ({})",
                        row.means, row.reference
                    )));
                }
            }
        }
        for wanted in catalog::rights_wanted(text, &self.model, &self.live) {
            possible &= lacking(&wanted).is_empty() || wanted.held.is_none();
            told.push(Told::Words(in_brief(&wanted)));
        }
        if possible {
            told.push(Told::Words(
                "As far as imapsh knows it is possible now.".to_owned(),
            ));
        }
        told.push(Told::Reference(spec.reference.clone()));
        told
    }
}
