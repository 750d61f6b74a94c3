//! Every built-in snippet on the demo.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::built_in::{Make, Place, check_all};
use crate::program::{Home, Output, run};
use crate::snippets::Demo;

impl Place for Demo {
    fn make(&self) -> Make {
        Make::Demo
    }

    fn imapsh(&self, home: &Home, user: Option<&str>, verb: &[&str]) -> Output {
        let mut words = vec!["--yes".to_owned()];
        words.extend(
            user.map(|user| ["-u".to_owned(), user.to_owned()])
                .into_iter()
                .flatten(),
        );
        words.extend(self.words(verb));
        run(home, &words, b"")
    }

    fn unused(&self, what: &str) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        format!("INBOX.{what}{}", NUMBER.fetch_add(1, Ordering::Relaxed))
    }

    fn nobody(&self) -> String {
        "newcomer".to_owned()
    }

    fn shared(&self) -> &'static str {
        "shared.announce"
    }

    fn users(&self) -> [&'static str; 3] {
        ["u00151", "u00152", "u00153"]
    }
}

#[test]
fn every_built_in_snippet_does_what_it_says() {
    let home = Home::new();
    check_all(&Demo::start(&home));
}
