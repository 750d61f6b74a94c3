//! Other tools' command lines: what they come to here, and back.

use imapsh::channel::tls::TlsVersion;
use imapsh::channel::{Place, Plan, ProxyClient, Security};
use imapsh::config::foreign::{Foreign, ForeignError, Tool, Written, read, write};

#[track_caller]
fn good(line: &str) -> Foreign {
    let foreign = read(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    assert!(foreign.plan.credentials.secret.is_none());
    // A secret in any of the lines here is called s3cret.
    let told = format!("{foreign:?}");
    assert!(
        !told.contains("s3cret") && !told.contains("s3%63ret"),
        "{told}"
    );
    foreign
}

#[track_caller]
fn bad(line: &str) -> ForeignError {
    let error = read(line).unwrap_err();
    assert!(!error.to_string().contains("s3cret"), "{error}");
    error
}

fn place(host: &str, port: u16) -> Place {
    Place::Tcp {
        host: host.into(),
        port,
    }
}

fn noted(foreign: &Foreign, part: &str) -> bool {
    foreign.notes.iter().any(|note| note.contains(part))
}

#[test]
fn imtest_means_the_same() {
    let foreign = good("imtest -s -u craig -a cyrus -w s3cret -m PLAIN mail.example.com");
    let plan = &foreign.plan;
    assert_eq!(foreign.tool, Tool::Imtest);
    assert_eq!(plan.place, place("mail.example.com", 993));
    assert_eq!(plan.security, Security::Implicit);
    assert_eq!(plan.credentials.authcid.as_deref(), Some("cyrus"));
    assert_eq!(plan.credentials.authzid.as_deref(), Some("craig"));
    assert_eq!(plan.credentials.mechanism.as_deref(), Some("PLAIN"));
    assert!(noted(&foreign, "password in it was left out"));
    assert!(noted(&foreign, "verifies no certificate"));

    // Attached values, clustered flags, long options, an empty -t.
    let foreign = good(
        "$ sudo /usr/bin/imtest -vqi -p143 -t '' -ws3cret --username=craig --authname cyrus -r EXAMPLE -k56 -l 256 \
         -m LOGIN -H 192.0.2.7 localhost",
    );
    let plan = &foreign.plan;
    assert_eq!(plan.place, place("localhost", 143));
    assert_eq!(plan.security, Security::StartTls);
    assert_eq!(plan.trust.client_certificate, None);
    assert_eq!(plan.credentials.mechanism.as_deref(), Some("login"));
    assert_eq!(plan.credentials.realm.as_deref(), Some("EXAMPLE"));
    assert_eq!(
        (plan.credentials.min_ssf, plan.credentials.max_ssf),
        (56, Some(256))
    );
    assert!(plan.credentials.no_initial_response && plan.network.compress);
    assert_eq!(
        plan.network.proxy.map(|p| p.client),
        Some(ProxyClient::Address("192.0.2.7".parse().unwrap()))
    );

    // A certificate; the Unix user is said; what to do is said, not done.
    let foreign = good("imtest -t client.pem -n 5 -z -f script -p imaps localhost");
    assert_eq!(foreign.plan.place, place("localhost", 993));
    assert_eq!(foreign.plan.security, Security::StartTls);
    assert_eq!(
        foreign.plan.trust.client_certificate.as_deref(),
        Some("client.pem".as_ref())
    );
    assert!(noted(&foreign, "Unix user"));
    for option in ["-n", "-z", "-f"] {
        assert!(
            noted(&foreign, &format!("{option} says what to do")),
            "{option}"
        );
    }
    assert_eq!(good("imtest ::1").plan.place, place("::1", 143));
}

#[test]
fn openssl_means_the_same() {
    let foreign = good(
        "(echo 'a1 LOGIN craig s3cret'; cat) | openssl s_client -connect mail.example.com:143 \\\n  -starttls imap -crlf -quiet 2>/dev/null",
    );
    let plan = &foreign.plan;
    assert_eq!(foreign.tool, Tool::OpenSsl);
    assert_eq!(plan.place, place("mail.example.com", 143));
    assert_eq!(plan.security, Security::StartTls);
    assert_eq!(plan.credentials.authcid, None);
    assert!(noted(&foreign, "What stands before it"));
    assert!(noted(&foreign, "whatever is wrong with the certificate"));

    let foreign = good(
        "openssl s_client -CAfile /etc/ca.pem -cert me.pem -pass pass:s3cret -verify_return_error -tls1_2 [::1]:993",
    );
    assert_eq!(foreign.plan.place, place("::1", 993));
    assert_eq!(foreign.plan.security, Security::Implicit);
    assert_eq!(
        foreign.plan.trust.ca_files,
        ["/etc/ca.pem"].map(std::path::PathBuf::from)
    );
    assert_eq!(foreign.plan.trust.max_version, Some(TlsVersion::Tls12));
    assert!(!noted(&foreign, "whatever is wrong"));
    let foreign = good("openssl s_client -host h -port 993");
    assert_eq!(foreign.plan.place, place("h", 993));
    let foreign = good("openssl s_client -unix /run/imap.sock");
    assert_eq!(foreign.plan.place, Place::Unix("/run/imap.sock".into()));
}

#[test]
fn curl_means_the_same() {
    let foreign = good("curl -v imaps://mail.example.com/Sent%20Mail -u 'craig:s3cret'");
    assert_eq!(foreign.tool, Tool::Curl);
    assert_eq!(foreign.plan.place, place("mail.example.com", 993));
    assert_eq!(foreign.plan.security, Security::Implicit);
    assert_eq!(foreign.plan.credentials.authcid.as_deref(), Some("craig"));
    assert_eq!(foreign.mailbox.as_deref(), Some("Sent Mail"));
    assert!(noted(&foreign, "password in it was left out"));

    let foreign = good(
        "curl --ssl-reqd -k --url 'imap://cyrus;AUTH=PLAIN:s3cret@[::1]:1143/INBOX;UID=4' --sasl-authzid craig -X 'STATUS INBOX (MESSAGES)'",
    );
    let plan = &foreign.plan;
    assert_eq!(plan.place, place("::1", 1143));
    assert_eq!(plan.security, Security::StartTls);
    assert!(plan.trust.insecure);
    assert_eq!(plan.credentials.authcid.as_deref(), Some("cyrus"));
    assert_eq!(plan.credentials.authzid.as_deref(), Some("craig"));
    assert_eq!(plan.credentials.mechanism.as_deref(), Some("PLAIN"));
    assert_eq!(foreign.mailbox.as_deref(), Some("INBOX"));
    assert!(noted(&foreign, "STATUS INBOX (MESSAGES)"));
    assert!(noted(&foreign, "behind the mailbox"));

    let mechanism = |line: &str| good(line).plan.credentials.mechanism;
    let options = |o: &str| mechanism(&format!("curl imap://h --login-options {o} -ucraig"));
    assert_eq!(options("AUTH=+LOGIN").as_deref(), Some("login"));
    assert_eq!(options("AUTH=LOGIN").as_deref(), Some("AUTH=LOGIN"));
    assert_eq!(options("'AUTH=*'"), None);
    let token = "curl imaps://h -u craig --oauth2-bearer s3cret";
    assert_eq!(mechanism(token).as_deref(), Some("OAUTHBEARER"));
    // A password in a command of its own, or behind an unknown option, is not repeated either.
    good("curl imap://h -X 'LOGIN craig s3cret' -u x:s3cret -Ws3cret --what=s3cret");
    good("curl 'imap://craig:s3%63ret@h/'");
}

#[test]
fn what_is_none_says_so() {
    assert_eq!(bad("telnet localhost 143"), ForeignError::NoTool);
    assert_eq!(bad(""), ForeignError::NoTool);
    assert_eq!(bad("openssl x509 -in s3cret"), ForeignError::NoTool);
    assert_eq!(bad("imtest -w 's3cret"), ForeignError::Quote('\''));
    assert!(matches!(bad("imtest -s"), ForeignError::NoServer(_)));
    assert!(matches!(bad("imtest h -u"), ForeignError::NoValue(_)));
    assert!(matches!(bad("imtest -p 99999 h"), ForeignError::Target(_)));
    assert!(matches!(bad("imtest -P smtp h"), ForeignError::NotImap(_)));
    assert!(matches!(
        bad("openssl s_client -connect h"),
        ForeignError::NoServer(_)
    ));
    assert!(matches!(
        bad("openssl s_client -connect h:25 -starttls smtp"),
        ForeignError::NotImap(_)
    ));
    assert!(matches!(bad("curl -u a:s3cret"), ForeignError::NoServer(_)));
    assert!(matches!(
        bad("curl example.com -u a:s3cret"),
        ForeignError::NotImap(_)
    ));
    assert!(matches!(
        bad("curl https://a:s3cret@example.com"),
        ForeignError::NotImap(_)
    ));
    assert!(matches!(
        bad("curl imap://a%zz:s3cret@h"),
        ForeignError::Target(_)
    ));
    assert_eq!(
        bad("imtest -w s3cret $HOST"),
        ForeignError::Variable("the server")
    );
    assert_eq!(
        bad("curl imap://h -u \"$USER:s3cret\""),
        ForeignError::Variable("the user who logs in")
    );
    // The password may come from wherever it likes: it is not wanted.
    good("imtest -w \"$PW\" -a craig h");
}

#[track_caller]
fn line(plan: &Plan, tool: Tool) -> Written {
    write(plan, tool).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_session_as_one_of_their_lines() {
    let foreign = good("imtest -t '' -u \"o'brian\" -a cyrus -m PLAIN -p 1143 mail.example.com");
    let plan = foreign.plan;
    assert_eq!(
        line(&plan, Tool::Imtest).line,
        r"imtest -p 1143 -t '' -u 'o'\''brian' -a cyrus -m PLAIN mail.example.com"
    );
    assert_eq!(
        line(&plan, Tool::OpenSsl).line,
        "openssl s_client -connect mail.example.com:1143 -starttls imap -crlf -quiet -verify_hostname \
         mail.example.com -verify_return_error"
    );
    assert_eq!(
        line(&plan, Tool::Curl).line,
        r"curl -v --ssl-reqd --user cyrus --sasl-authzid 'o'\''brian' --login-options AUTH=PLAIN imap://mail.example.com:1143/"
    );
    // The Unix user is never meant.
    let mut plan = Plan::new(place("h", 143));
    assert!(
        line(&plan, Tool::Imtest)
            .notes
            .iter()
            .any(|n| n.contains("Unix user"))
    );
    plan.credentials.authcid = Some("craig".into());
    assert_eq!(
        line(&plan, Tool::Imtest).line,
        "imtest -p 143 -u craig -a craig h"
    );
    // No secret, whatever is in the plan.
    plan.credentials.secret = Some(imapsh::sasl::Secret::new("s3cret".into()));
    for tool in [Tool::Imtest, Tool::Curl] {
        assert!(!format!("{:?}", line(&plan, tool)).contains("s3cret"));
    }
    let why = write(&plan, Tool::OpenSsl).unwrap_err().to_string();
    assert!(why.contains("not encrypted"), "{why}");
    for tool in Tool::ALL {
        write(&Plan::new(Place::Demo), tool).unwrap_err();
    }
}

#[test]
fn there_and_back_is_the_same() {
    for text in [
        "imtest -p 993 -s -u craig -a cyrus -m SCRAM-SHA-256 -q mail.example.com",
        "imtest -p 143 -t my.pem -u craig -a craig -m login -r R -k 1 -l 256 -i -H unknown ::1",
        "openssl s_client -connect [::1]:993 -CAfile ca.pem",
        "openssl s_client -connect h:143 -starttls imap -servername other -cert a.pem -key b.pem -tls1_3",
        "openssl s_client -unix /run/s",
        "curl --ssl-reqd --user cyrus --sasl-authzid craig --login-options AUTH=+LOGIN imap://h:1143/",
        "curl -k --cert my.pem --key key.pem --tls-max 1.2 --user craig imaps://[::1]:993/",
    ] {
        let first = good(text);
        let again = good(&line(&first.plan, first.tool).line);
        let told = |foreign: &Foreign| format!("{:?}", foreign.plan);
        assert_eq!(told(&first), told(&again), "{text}");
    }
}

#[test]
fn anything_is_read_without_a_panic() {
    let pieces = [
        "imtest", "openssl", "s_client", "curl", "-", "--", "-w", "-u", "=", "'", "\"", "\\", "|",
        "\n", " ", "imap://", "@", ":", "[", "]", "%", "%4", "é", "$", "<", "2>", "-connect",
        "h:1", "-t", "(", "&",
    ];
    let mut seed = 12_345_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
            if seed >> 62 == 0 {
                text.push(' ');
            }
        }
        let _ = read(&text);
    }
}
