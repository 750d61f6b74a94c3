//! The headless modes beside `exec`: a probe, a script, reconnections, timings, a session on a socket.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex};

use imapsh::channel::{Place, Plan, Security};
use imapsh::demo::{self, Demo};
use imapsh::link::{self, Handle};
use imapsh::runner::mode::Ends;
use imapsh::runner::talk::Signals;
use tokio::sync::mpsc;

use crate::common::login::{And, who};
use crate::common::script::{DEADLINE, Peer, plan};

#[path = "modes/pidfile.rs"]
mod pidfile;
#[path = "modes/probe.rs"]
mod probe;
#[path = "modes/reconnect.rs"]
mod reconnect;
#[path = "modes/script.rs"]
mod script;
#[path = "modes/serve.rs"]
mod serve;
#[path = "modes/stress.rs"]
mod stress;

type TestEnds = Ends<Vec<u8>, Vec<u8>>;

/// Nobody is there to ask; signals come from the returned sender.
fn ends() -> (TestEnds, mpsc::UnboundedSender<u8>) {
    let (to, signals): (_, Signals) = mpsc::unbounded_channel();
    let ends = Ends {
        out: Vec::new(),
        errors: Vec::new(),
        ask: Arc::new(|_: &str| Err(io::Error::other("no terminal"))),
        signals,
    };
    (ends, to)
}

fn out(ends: &TestEnds) -> String {
    String::from_utf8(ends.out.clone()).unwrap()
}

fn errors(ends: &TestEnds) -> String {
    String::from_utf8(ends.errors.clone()).unwrap()
}

fn in_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let result = runtime.block_on(async {
        tokio::time::timeout(2 * DEADLINE, future)
            .await
            .expect("it ends in time")
    });
    runtime.shutdown_background();
    result
}

/// A plan for a pipe: nobody logs in.
fn piped() -> Plan {
    Plan {
        place: Place::Demo,
        ..plan("127.0.0.1:1".parse().unwrap(), Security::Plain)
    }
}

fn logged_in(authcid: &str) -> Plan {
    let mut plan = piped();
    plan.credentials = who(authcid).with("secret");
    plan
}

/// Connects to the demo.
fn to_demo(demo: &Demo) -> impl Fn(Plan) -> Handle + use<> {
    let demo = demo.clone();
    move |plan| {
        let demo = demo.clone();
        link::spawn(plan, Some(Box::new(move || demo.pipe())))
    }
}

fn new_demo() -> Demo {
    Demo::new(demo::Options { users: 0 })
}

/// Connects to servers that do what they are told, one after another; everything they heard comes from
/// the returned list, once each is over.
struct Actors {
    heard: Arc<Mutex<Vec<String>>>,
    count: Mutex<usize>,
}

impl Actors {
    fn new() -> Actors {
        Actors {
            heard: Arc::default(),
            count: Mutex::new(0),
        }
    }

    /// A connection to the next one.
    fn connect<F>(&self, plan: Plan, act: impl FnOnce(usize, Peer) -> F + Send + 'static) -> Handle
    where
        F: Future<Output = Peer> + Send + 'static,
    {
        let (client, server) = tokio::io::duplex(64 * 1024);
        let number = {
            let mut count = self.count.lock().unwrap();
            *count += 1;
            *count
        };
        let heard = Arc::clone(&self.heard);
        heard.lock().unwrap().push(String::new());
        tokio::spawn(async move {
            let peer = act(number, Peer::new(server)).await;
            let said = String::from_utf8_lossy(&peer.heard).into_owned();
            heard.lock().unwrap()[number - 1] = said;
        });
        let mut client = Some(client);
        link::spawn(
            plan,
            Some(Box::new(move || client.take().expect("one connection"))),
        )
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// Answers every command with OK, but those for which `reply` knows better (a tag stands as `TAG`; an
/// empty reply: none, and the connection is dropped). Literals are taken.
async fn answers(mut peer: Peer, greeting: &str, reply: impl Fn(&str) -> Option<String>) -> Peer {
    peer.say(greeting).await;
    while let Some(line) = peer.line().await {
        let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
        let tag = tag.to_owned();
        let known = reply(command);
        let refused = known
            .as_deref()
            .is_some_and(|known| known.contains("TAG NO"));
        if let Some(size) = command
            .strip_suffix('}')
            .and_then(|text| text.rsplit_once('{'))
        {
            let waits = !size.1.ends_with('+');
            let size: usize = size.1.trim_end_matches('+').parse().unwrap();
            if !(waits && refused) {
                if waits {
                    peer.say("+ go on\r\n").await;
                }
                if peer.octets(size).await.is_none() || peer.line().await.is_none() {
                    return peer;
                }
            }
        }
        let logout = command == "LOGOUT";
        let reply = match known {
            Some(reply) if reply.is_empty() => return peer,
            Some(reply) => reply.replace("TAG", &tag),
            None if logout => format!("* BYE bye\r\n{tag} OK done\r\n"),
            None => format!("{tag} OK done\r\n"),
        };
        peer.say(&reply).await;
        if logout {
            return peer;
        }
    }
    peer
}
