//! What capabilities mean, in a few words each.

/// Name (or its part before `=`, with the `=`), and the words.
const MEANINGS: &[(&str, &str)] = &[
    ("ACL", "who may do what in a mailbox (RFC 4314)"),
    ("ANNOTATE-EXPERIMENT-1", "notes at messages (RFC 5257)"),
    ("APPENDLIMIT", "a limit for APPEND (RFC 7889)"),
    ("BINARY", "parts without their transfer encoding (RFC 3516)"),
    ("CATENATE", "APPEND made of parts on the server (RFC 4469)"),
    ("CHILDREN", "LIST tells who has children (RFC 3348)"),
    ("COMPRESS=", "a compressed connection (RFC 4978)"),
    ("CONDSTORE", "what changed since, by MODSEQ (RFC 7162)"),
    ("CONTEXT=", "searches and sorts kept up to date (RFC 5267)"),
    ("CONVERSIONS", "parts converted by the server (RFC 5259)"),
    (
        "CREATE-SPECIAL-USE",
        "a mailbox made as \\Sent and so on (RFC 6154)",
    ),
    ("ENABLE", "extensions are switched on (RFC 5161)"),
    (
        "ESEARCH",
        "SEARCH answers with MIN, MAX, COUNT, ALL (RFC 4731)",
    ),
    ("ESORT", "SORT answers with MIN, MAX, COUNT, ALL (RFC 5267)"),
    ("FILTERS", "stored searches (RFC 5466)"),
    ("I18NLEVEL=", "comparing text in other scripts (RFC 5255)"),
    ("ID", "who the two programs are (RFC 2971)"),
    ("IDLE", "news without asking (RFC 2177)"),
    ("IMAP4REV1", "the protocol (RFC 3501)"),
    ("IMAP4REV2", "the protocol (RFC 9051)"),
    ("IMAP4", "the protocol of 1994 (RFC 1730)"),
    ("JMAPACCESS", "the same mail over JMAP (RFC 9698)"),
    ("LIST-EXTENDED", "LIST with selections (RFC 5258)"),
    ("LIST-METADATA", "LIST with METADATA (RFC 9590)"),
    ("LIST-MYRIGHTS", "LIST with MYRIGHTS (RFC 8440)"),
    ("LIST-STATUS", "LIST with STATUS (RFC 5819)"),
    ("LITERAL+", "literals without waiting, {n+} (RFC 7888)"),
    (
        "LITERAL-",
        "literals up to 4096 octets without waiting (RFC 7888)",
    ),
    (
        "LOGIN-REFERRALS",
        "the login may send one elsewhere (RFC 2221)",
    ),
    ("MAILBOX-REFERRALS", "a mailbox may be elsewhere (RFC 2193)"),
    ("METADATA", "annotations of mailboxes and server (RFC 5464)"),
    ("METADATA-SERVER", "annotations of the server (RFC 5464)"),
    (
        "MESSAGELIMIT",
        "a limit of messages for one command (RFC 9738)",
    ),
    ("MOVE", "MOVE (RFC 6851)"),
    ("MULTIAPPEND", "several messages in one APPEND (RFC 3502)"),
    ("MULTISEARCH", "SEARCH in several mailboxes (RFC 7377)"),
    ("MUPDATE=", "Cyrus: the master of a murder"),
    ("NAMESPACE", "where mailboxes of whom are (RFC 2342)"),
    ("NOTIFY", "news of other mailboxes too (RFC 5465)"),
    (
        "OBJECTID",
        "names for mailboxes and messages that stay (RFC 8474)",
    ),
    ("PARTIAL", "results in pages (RFC 9394)"),
    ("PREVIEW", "the first words of a message (RFC 8970)"),
    (
        "QRESYNC",
        "a mailbox brought up to date in one go (RFC 7162)",
    ),
    ("QUOTA", "limits and how full they are (RFC 9208)"),
    ("QUOTASET", "limits can be set (RFC 9208)"),
    ("QUOTA=", "limits of this kind (RFC 9208)"),
    ("REPLACE", "a message replaced in one step (RFC 8508)"),
    ("RIGHTS=", "these ACL rights of RFC 4314 are known"),
    (
        "SAVEDATE",
        "when a message came into its mailbox (RFC 8514)",
    ),
    ("SCAN", "LIST of mailboxes that hold a text"),
    ("SEARCHRES", "the last result as $ (RFC 5182)"),
    ("SEARCH=", "ways to search (RFC 6203)"),
    ("SNIPPET=", "the first words of a message"),
    ("SORT", "the server sorts (RFC 5256)"),
    ("SORT=", "sorting by names shown (RFC 5957)"),
    (
        "SPECIAL-USE",
        "which mailbox is \\Sent and so on (RFC 6154)",
    ),
    ("STARTTLS", "TLS on this connection (RFC 9051)"),
    ("STATUS=SIZE", "the size of a mailbox in STATUS (RFC 8438)"),
    ("THREAD=", "the server makes threads (RFC 5256)"),
    ("UIDBATCHES", "UIDs in batches of a size"),
    ("UIDONLY", "no sequence numbers at all (RFC 9586)"),
    ("UIDPLUS", "UIDs of new messages, UID EXPUNGE (RFC 4315)"),
    ("UNAUTHENTICATE", "log out and stay connected (RFC 8437)"),
    ("UNSELECT", "leave a mailbox without EXPUNGE (RFC 3691)"),
    ("URLAUTH", "URLs that let others read (RFC 4467)"),
    ("URL-PARTIAL", "a part of a message as a URL (RFC 5550)"),
    ("UTF8=", "UTF-8 in names and headers (RFC 9755)"),
    ("WITHIN", "SEARCH by age in seconds (RFC 5032)"),
    ("XLIST", "SPECIAL-USE before it was one (Google)"),
];

/// The words for a capability in upper case; `None`: nobody here knows it.
pub fn of(name: &str) -> Option<&'static str> {
    let value = name.find('=').and_then(|at| name.get(..=at));
    let row = |wanted: &str| MEANINGS.iter().find(|(known, _)| *known == wanted);
    row(name)
        .or_else(|| row(value?))
        .or_else(|| row(value?.trim_end_matches('=')))
        .map(|(_, words)| *words)
}
