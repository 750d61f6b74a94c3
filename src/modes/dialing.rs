//! Connections for snippets: profiles by name, the TLS sessions that they share, the demo.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::batch::Dial;
use crate::channel::Plan;
use crate::config::{Account, Config, Target, Wishes};
use crate::demo::Demo;
use crate::link::{self, Handle, Shared};
use crate::snippet::Who;

/// One account, and others by the names of their profiles.
pub struct Dialing {
    wishes: Wishes,
    plan: Plan,
    demo: Option<Demo>,
    profiles: Mutex<HashMap<String, Plan>>,
    /// By place.
    shared: Mutex<HashMap<String, Shared>>,
}

impl Dialing {
    /// Of the command line's account.
    pub fn new(wishes: Wishes, plan: Plan, demo: Option<Demo>) -> Dialing {
        Dialing {
            wishes,
            plan,
            demo,
            profiles: Mutex::default(),
            shared: Mutex::default(),
        }
    }

    fn profile(&self, name: &str) -> Result<Plan, String> {
        let mut known = self.profiles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = known.get(name) {
            return Ok(plan.clone());
        }
        let word = format!("@{}", name.trim_start_matches('@'));
        let target = Target::parse(&word).map_err(|error| error.to_string())?;
        let config = Config::wanted(&self.wishes).map_err(|error| error.to_string())?;
        let account = Account::new(&self.wishes, Some(&target), &config);
        let account = account.map_err(|error| error.to_string())?;
        let mut account = account.ok_or_else(|| format!("{word} names no place to connect to"))?;
        tokio::task::block_in_place(|| account.with_password())?;
        known.insert(name.to_owned(), account.plan.clone());
        Ok(account.plan)
    }
}

impl Dial for Dialing {
    fn plan(&self, who: &Who) -> Result<Plan, String> {
        let mut plan = match &who.profile {
            Some(name) if self.demo.is_none() => self.profile(name)?,
            _ => self.plan.clone(),
        };
        let credentials = &mut plan.credentials;
        if who.nobody {
            *credentials = crate::sasl::Credentials::default();
            return Ok(plan);
        }
        if let Some(authn) = &who.authn
            && credentials.authcid.as_ref() != Some(authn)
        {
            credentials.authcid = Some(authn.clone());
            // That was another one's.
            if !who.same_password {
                credentials.secret = None;
            }
            credentials.authzid = None;
            if self.demo.is_some() {
                let known = crate::demo::ACCOUNTS.iter().find(|a| a.name == authn);
                credentials.secret =
                    known.map(|account| crate::sasl::Secret::new(account.password.to_owned()));
            }
        }
        if let Some(authz) = &who.authz {
            let same = credentials.authcid.as_ref() == Some(authz);
            credentials.authzid = (!same).then(|| authz.clone());
        }
        Ok(plan)
    }

    fn open(&self, plan: Plan, resume: bool) -> Handle {
        if let Some(demo) = &self.demo {
            return link::spawn(plan, Some(super::dialer(demo)));
        }
        let shared = {
            let mut all = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(plan.place.to_string()).or_default().clone()
        };
        if !resume {
            shared.resume_no_more();
        }
        link::spawn_sharing(plan, None, &shared)
    }
}
