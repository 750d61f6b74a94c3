//! The runs of snippets: at most one for each tab. What is on the disk is read, and what a secret comes from is
//! asked, beside the screen; then the run tells its news.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::task::{JoinSet, spawn_blocking};

use super::out::expanded;
use super::snippets::{How, Start};
use super::tabs::TabId;
use crate::batch::engine::JOBS;
use crate::batch::folder::Folder;
use crate::batch::load::{self, Loaded};
use crate::batch::report::{self, Report};
use crate::batch::{Dial, Job, News, Order, Papers, Row, Running, dry, rows, secrets, spawn};
use crate::channel::Plan;
use crate::config::snippets::{Entry, Home};
use crate::safety::SafeMode;
use crate::snippet::Value;

/// Makes connections for the snippets of a session; lent by whoever knows profiles and the demo.
pub type Dialer = Arc<dyn Fn(Plan) -> Arc<dyn Dial> + Send + Sync>;

/// What comes of a run.
#[derive(Debug)]
pub enum Told {
    /// It begins, or cannot: a sentence.
    Begun(Result<Begun, String>),
    /// What a dry run would do.
    Dry(Result<String, String>),
    /// It names files that lie outside of its folder, by values that are known only now: may it read them?
    Wants {
        /// How it was to begin.
        how: How,
        /// The files, as they are written.
        files: Vec<String>,
    },
    /// What it tells.
    News(News),
}

/// A run that begins.
#[derive(Debug)]
pub struct Begun {
    /// Its rows.
    pub rows: Vec<Row>,
    /// At once.
    pub jobs: usize,
    /// Where its report is being written.
    pub report: PathBuf,
    /// It waits for steps.
    pub paused: bool,
}

/// Who the session is, for a run.
#[derive(Debug, Clone)]
pub struct Session {
    /// The plan of its connection.
    pub plan: Plan,
    /// How careful.
    pub safe: SafeMode,
}

/// All runs.
#[derive(Default)]
pub(super) struct Playing {
    preparing: JoinSet<(TabId, Start, Session, Result<Prepared, NotYet>)>,
    running: Vec<(TabId, Running)>,
    /// The report of the last run of a tab: gone when the next one begins, or with the program.
    reports: Vec<(TabId, tempfile::TempPath)>,
    turn: usize,
}

struct Prepared {
    loaded: Loaded,
    rows: Vec<Row>,
    given: BTreeMap<String, Value>,
    secrets: BTreeMap<String, Value>,
}

/// Why a run does not begin.
enum NotYet {
    /// A sentence.
    Wrong(String),
    /// These files must be let in before.
    Wants(Vec<String>),
}

impl From<String> for NotYet {
    fn from(sentence: String) -> NotYet {
        NotYet::Wrong(sentence)
    }
}

/// A snippet, its text as it was chosen.
pub(super) fn read(entry: &Entry, trusted: bool) -> Result<Loaded, crate::snippet::Diagnostics> {
    let path = entry.path.as_ref().map(|path| path.display().to_string());
    let folder = match (&path, entry.home) {
        (Some(path), _) => Folder::of(path, trusted),
        (None, Home::BuiltIn) => Folder::built_in(trusted),
        (None, _) => Folder::of("-", trusted),
    };
    load::read(&entry.name, &entry.text, folder, &load::How::default())
}

fn prepare(start: &Start, plan: &Plan) -> Result<Prepared, NotYet> {
    let loaded = read(&start.entry, start.trusted).map_err(|found| {
        found
            .iter()
            .map(|d| d.message.clone())
            .collect::<Vec<_>>()
            .join("; ")
    })?;
    // What was let in is what the question named, and no other file.
    let may = loaded.outside.iter().filter(|_| start.trusted);
    loaded.folder.narrow(may.chain(&start.files).cloned());
    let each = loaded.script.header.each.as_ref();
    let list = start.each.as_ref().or(each.map(|(path, _)| path));
    let rows = match list {
        Some(_) if !start.users.is_empty() => {
            let quoted =
                (start.users.iter()).map(|user| format!("\"{}\"\n", user.replace('"', "\"\"")));
            let text = format!("user\n{}", quoted.collect::<String>());
            rows::read("users", text.as_bytes()).map_err(|error| error.to_string())?
        }
        Some(path) => {
            // What the user typed is the user's; what the snippet names lies in its folder.
            let bytes = match &start.each {
                Some(path) => load::text(&expanded(path).to_string_lossy())?,
                None => loaded.folder.list(path)?,
            };
            rows::read(path, &bytes).map_err(|error| error.to_string())?
        }
        None => vec![Row::only()],
    };
    let pairs = start.given.iter();
    let pairs = pairs.map(|(name, value)| (name.as_str(), value.as_str()));
    let given = load::given(&loaded.script, pairs);
    let mut files = load::outside_of_rows(&loaded, &rows, &given, &load::profile(plan));
    files.retain(|file| !start.files.contains(file));
    if !files.is_empty() {
        return Err(NotYet::Wants(files));
    }
    let mut found = BTreeMap::new();
    for line in &loaded.script.header.secrets {
        let value = match start.secrets.get(&line.name) {
            Some(secret) => Ok(secret.clone()),
            None if start.how == How::Dry => continue,
            None => {
                secrets::fetch(&line.from).unwrap_or_else(|| Err("its value is wanted".to_owned()))
            }
        };
        let value = value.map_err(|why| format!("secret {}: {why}", line.name))?;
        found.insert(line.name.clone(), Value::secret(value.expose().as_bytes()));
    }
    Ok(Prepared {
        loaded,
        rows,
        given,
        secrets: found,
    })
}

impl Playing {
    /// Begins one; the tab's last one is dropped.
    pub(super) fn start(&mut self, id: TabId, start: Start, session: Session) {
        self.stop(id);
        self.preparing.spawn(async move {
            let asked = start.clone();
            let plan = session.plan.clone();
            let prepared = spawn_blocking(move || prepare(&asked, &plan)).await;
            let prepared = prepared.unwrap_or_else(|error| Err(NotYet::Wrong(error.to_string())));
            (id, start, session, prepared)
        });
    }

    /// Tells the tab's run.
    pub(super) fn order(&mut self, id: TabId, order: Order) {
        let run = self.running.iter().find(|(of, _)| *of == id);
        if let Some((_, running)) = run {
            // One that has ended needs no telling.
            let _ = running.orders.send(order);
        }
    }

    /// Nobody wants the tab's run any more.
    pub(super) fn stop(&mut self, id: TabId) {
        self.running.retain(|(of, _)| *of != id);
        self.reports.retain(|(of, _)| *of != id);
    }

    /// What the next one tells. Nothing is lost if it is not waited for to the end.
    pub(super) async fn next(&mut self, dialer: Option<&Dialer>) -> (TabId, Told) {
        loop {
            let prepared = tokio::select! {
                Some(prepared) = self.preparing.join_next() => prepared,
                told = news(&mut self.running, &mut self.turn) => return told,
            };
            // It was stopped.
            let Ok((id, start, session, prepared)) = prepared else {
                continue;
            };
            let prepared = match prepared {
                Ok(prepared) => prepared,
                Err(NotYet::Wrong(sentence)) => return (id, Told::Begun(Err(sentence))),
                Err(NotYet::Wants(files)) => {
                    let how = start.how;
                    return (id, Told::Wants { how, files });
                }
            };
            if start.how == How::Dry {
                return (id, Told::Dry(Ok(what_would_go(&prepared, &session))));
            }
            let begun = match dialer {
                Some(dialer) => self.begin(id, &start, session, prepared, dialer),
                None => Err("Snippets cannot be run here.".to_owned()),
            };
            return (id, Told::Begun(begun));
        }
    }

    fn begin(
        &mut self,
        id: TabId,
        start: &Start,
        session: Session,
        prepared: Prepared,
        dialer: &Dialer,
    ) -> Result<Begun, String> {
        let Prepared {
            loaded,
            rows,
            given,
            secrets,
        } = prepared;
        let failed = |error: std::io::Error| format!("The report cannot be written: {error}.");
        let file = tempfile::Builder::new()
            .prefix("imapsh-report-")
            .suffix(".jsonl")
            .tempfile()
            .map_err(failed)?;
        let path = file.into_temp_path();
        let report = Report::append(&path).map_err(|error| error.to_string())?;
        let papers = Papers::new(Some(report), None);
        papers.run(report::Run {
            format: report::VERSION,
            file: loaded.name.clone(),
            sha256: loaded.digest.clone(),
            rows: rows.len(),
            at: report::now(),
        })?;
        let header = &loaded.script.header;
        let jobs = header.jobs.unwrap_or(JOBS);
        let job = Job {
            file: loaded.name.clone(),
            rows: rows.clone(),
            given,
            secrets,
            profile: load::profile(&session.plan),
            files: loaded.folder.clone(),
            jobs,
            stop_on_error: header.stop_on_error.unwrap_or(false),
            safe: session.safe,
            yes: start.yes,
            timeout: Duration::from_secs(60),
            undo_on_failure: false,
            paused: start.how == How::Stepping,
            dial: dialer(session.plan),
            papers: Arc::new(papers),
            script: loaded.script,
        };
        let running = spawn(job);
        let paused = start.how == How::Stepping;
        if paused {
            // One that has ended needs no telling.
            let _ = running.orders.send(Order::Step);
        }
        self.running.push((id, running));
        let report = path.to_path_buf();
        self.reports.push((id, path));
        Ok(Begun {
            rows,
            jobs,
            report,
            paused,
        })
    }
}

fn what_would_go(prepared: &Prepared, session: &Session) -> String {
    let Prepared {
        loaded,
        rows,
        given,
        secrets,
    } = prepared;
    let profile = load::profile(&session.plan);
    let first = rows.first();
    let vars = first.map(|row| load::vars(row, given.clone(), secrets.clone(), profile));
    let mut out = Vec::new();
    dry::tell(loaded, rows, vars.as_ref(), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

async fn news(running: &mut Vec<(TabId, Running)>, turn: &mut usize) -> (TabId, Told) {
    poll_fn(|context| {
        let mut index = 0;
        while index < running.len() {
            let count = running.len();
            let at = (*turn + index) % count;
            let Some((id, run)) = running.get_mut(at) else {
                break;
            };
            match run.news.poll_recv(context) {
                Poll::Ready(Some(news)) => {
                    *turn = at + 1;
                    return Poll::Ready((*id, Told::News(news)));
                }
                Poll::Ready(None) => {
                    running.remove(at);
                }
                Poll::Pending => index += 1,
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Place;

    fn starting(text: &str, folder: &std::path::Path, given: &str) -> Start {
        let path = folder.join("snippets").join("x.imap");
        Start {
            entry: Entry::new("x.imap", Home::User, Some(path), text.as_bytes()),
            each: None,
            users: Vec::new(),
            given: BTreeMap::from([("people".to_owned(), given.to_owned())]),
            secrets: BTreeMap::new(),
            trusted: false,
            files: Vec::new(),
            yes: false,
            how: How::Through,
        }
    }

    #[test]
    fn a_file_that_a_value_names_is_read_when_it_was_let_in_and_no_other() {
        const LOOP: &str = "var people: people.txt\n\n!for who in @${people}\nNOOP\n!end\n";
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("snippets")).expect("a folder");
        for name in ["people.txt", "others.txt", "snippets/people.txt"] {
            std::fs::write(folder.path().join(name), "monty\n").expect("a file");
        }
        let plan = Plan::new(Place::Demo);
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (people, others) = (path("people.txt"), path("others.txt"));
        let mut start = starting(LOOP, folder.path(), &people);
        for _ in 0..2 {
            let Err(NotYet::Wants(files)) = prepare(&start, &plan) else {
                panic!("it was not asked about");
            };
            assert_eq!(files, [people.as_str()]);
            // What its text wants is another question.
            start.trusted = true;
        }
        start.files = vec![people.clone()];
        let Ok(prepared) = prepare(&start, &plan) else {
            panic!("it was let in");
        };
        assert!(prepared.loaded.folder.list(&people).is_ok());
        assert!(prepared.loaded.folder.list(&others).is_err());
        let beside = starting(LOOP, folder.path(), "people.txt");
        assert!(prepare(&beside, &plan).is_ok());
    }
}
