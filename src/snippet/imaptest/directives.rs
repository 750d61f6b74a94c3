//! `$!unordered` and the like: how a list is compared, written at its beginning or implied by its place.

use super::args::Arg;

/// Puts the directives of its place at the beginning of every list that has none.
///
/// # Errors
/// What is wrong with a directive that is written.
pub fn complete(args: &mut [Arg]) -> Result<(), String> {
    let numeric = |word: &[u8]| {
        word.first()
            .is_some_and(|first| *first == b'$' || first.is_ascii_digit())
    };
    let at = match args.first().and_then(Arg::atom) {
        Some(word) if numeric(word) => 1,
        _ => 0,
    };
    let name = args.get(at).and_then(Arg::atom).unwrap_or_default();
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    for (index, arg) in args.iter_mut().enumerate() {
        if let Arg::List(list) = arg {
            let fetched = name == "fetch" && index == 2;
            let place = match (name.as_str(), index) {
                ("list" | "lsub", 1) => &["$!unordered"][..],
                ("status" | "fetch", 2) => &["$!unordered=2"],
                _ => &[],
            };
            complete_list(list, place, fetched)?;
        }
    }
    Ok(())
}

/// `fetched`: it is the list of a FETCH, where what stands behind FLAGS has a rule of its own.
fn complete_list(list: &mut Vec<Arg>, place: &[&str], fetched: bool) -> Result<(), String> {
    let written = written(list)?;
    if written == 0 {
        for directive in place.iter().rev() {
            list.insert(0, Arg::Atom(directive.as_bytes().to_vec()));
        }
    }
    let mut before: Option<Vec<u8>> = None;
    for arg in list.iter_mut() {
        if let Some(word) = arg.atom() {
            before = Some(word.to_ascii_lowercase());
        }
        if let Arg::List(inner) = arg {
            let flags = fetched && before.as_deref() == Some(b"flags");
            let place = match flags {
                true => &[
                    "$!unordered",
                    "$!noextra",
                    "$!ignore=\\Recent",
                    "$!ignore=$HasAttachment",
                    "$!ignore=$HasNoAttachment",
                ][..],
                false => &[],
            };
            complete_list(inner, place, false)?;
        }
    }
    Ok(())
}

/// How many directives stand at the beginning, each a known one.
fn written(list: &[Arg]) -> Result<usize, String> {
    let (rules, rest) = Rules::of(list)?;
    let directives = list.len() - rest.len();
    if !rest.len().is_multiple_of(rules.chain) {
        return Err(format!(
            "{} elements do not come in groups of {}",
            rest.len(),
            rules.chain
        ));
    }
    Ok(directives)
}

/// How a list is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules<'l> {
    /// In any order.
    pub unordered: bool,
    /// So many elements belong together.
    pub chain: usize,
    /// Nothing else may be there.
    pub exact: bool,
    /// What may be there all the same.
    pub ignore: Vec<&'l [u8]>,
    /// What must not be there, where more may be.
    pub ban: Vec<&'l [u8]>,
}

impl<'l> Rules<'l> {
    /// What is written at the beginning of a list, and the list behind it.
    ///
    /// # Errors
    /// No such directive.
    pub fn of(list: &'l [Arg]) -> Result<(Rules<'l>, &'l [Arg]), String> {
        let mut rules = Rules {
            unordered: false,
            chain: 1,
            exact: true,
            ignore: Vec::new(),
            ban: Vec::new(),
        };
        let mut said = None;
        let mut rest = list;
        while let [first, behind @ ..] = rest {
            let Some(word) = first.atom().and_then(|word| word.strip_prefix(b"$!")) else {
                break;
            };
            match word {
                b"unordered" => rules.unordered = true,
                b"ordered" => rules.unordered = false,
                b"extra" => said = Some(false),
                b"noextra" => said = Some(true),
                _ if word.starts_with(b"ignore=") => {
                    rules.ignore.push(word.get(7..).unwrap_or_default());
                }
                _ if word.starts_with(b"ban=") => {
                    rules.ban.push(word.get(4..).unwrap_or_default());
                }
                _ if word.starts_with(b"unordered=") => {
                    rules.unordered = true;
                    let number = std::str::from_utf8(word.get(10..).unwrap_or_default()).ok();
                    rules.chain = number
                        .and_then(|number| number.parse().ok())
                        .filter(|number| *number > 0)
                        .ok_or("$!unordered= wants a number from 1 on")?;
                }
                _ => {
                    return Err(format!(
                        "$!{} is no directive: unordered, unordered=N, ordered, extra, noextra, ignore=X, ban=X",
                        String::from_utf8_lossy(word)
                    ));
                }
            }
            // "In any order" alone lets more be there.
            if rules.unordered {
                said = said.or(Some(false));
            }
            rest = behind;
        }
        rules.exact = said.unwrap_or(true);
        Ok((rules, rest))
    }
}
