//! `[[package]]`: the delta firmware files of a batch.

use std::path::PathBuf;

use events::Package;

use crate::address::is_host;
use crate::check::{self, Once};
use crate::credential::credential;
use crate::section::{Item, Section, shown};
use crate::signature::decode;
use crate::{ConfigError, Credential, Place, family};

/// A package, and how the rig comes by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchPackage {
    /// What it is: family, normalised model, revisions, size, SHA-256.
    pub package: Package,
    /// Where its bytes are.
    pub source: PackageSource,
    /// A minisign signature: the text of the `.minisig` file. Here it is only checked for its shape. That proves
    /// nothing: whoever acts on `[policy] require_signature` calls [`Self::check_signature`] with the package's bytes.
    pub signature: Option<String>,
    /// Name under which it already lies on the modules, for the delivery `preloaded`.
    pub preloaded_as: Option<String>,
    /// Whether to believe that, where the family offers no way to check (BG96).
    pub trust_preloaded: bool,
    /// Where it stands in the file.
    pub place: Place,
}

/// Where a package's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackageSource {
    /// In a file of this machine.
    File(PathBuf),
    /// On a server of one's own.
    Url {
        /// `http://`, `https://` or `ftp://`; printable ASCII without quotes and spaces, at most 255 bytes, without
        /// user and password.
        url: String,
        /// User name at that server.
        user: Option<String>,
        /// Password at that server.
        password: Option<Credential>,
    },
}

const KEYS: [&str; 13] = [
    "family",
    "model",
    "from",
    "to",
    "file",
    "url",
    "user",
    "password",
    "size",
    "sha256",
    "signature",
    "preloaded_as",
    "trust_preloaded",
];
/// The largest package that is taken: a hundred times what the vendors' notes show.
const LARGEST_BYTES: u64 = 1 << 30;
const SHAPE: &str = "write `[[package]]`, and below it family, model, from, to, file, size and sha256";
const SOURCE: &str =
    "write `file = \"packages/update.zip\"`, or `url = \"http://…\"` for a server of one's own";
const URL: &str =
    "write it as \"http://host:port/path\": printable ASCII, no quotes or spaces, at most 255 bytes";

/// Reads every `[[package]]`, and checks that no two of them say the same.
pub(crate) fn packages(item: &Item<'_>) -> Result<Vec<BatchPackage>, ConfigError> {
    let mut seen = Once::default();
    let mut packages = Vec::new();
    for item in item.list(SHAPE)? {
        let section = item.section(&KEYS, SHAPE)?;
        let entry = package(&section)?;
        let Package { family, model, from, to, .. } = &entry.package;
        if let Some(first) = seen.note(format!("{family} {model} {from} {to}"), section.place()) {
            let message = format!("two packages for `{model}` from `{from}` to `{to}`");
            return Err(
                section.fail(message, format!("the first is at line {}; keep one of them", first.line))
            );
        }
        packages.push(entry);
    }
    Ok(packages)
}

fn package(section: &Section<'_>) -> Result<BatchPackage, ConfigError> {
    let family = section.need("family", SHAPE, |item| {
        let name = item.text()?;
        family::named(name)
            .ok_or_else(|| item.fail(format!("unknown family `{}`", shown(name)), family::help(name)))
    })?;
    let package = Package {
        family,
        model: section.need("model", SHAPE, check::model)?,
        from: section.need("from", SHAPE, check::revision)?,
        to: section.need("to", SHAPE, check::revision)?,
        size: section.need("size", "write the file's size in bytes: `stat -c %s FILE`", |item| {
            item.whole(1..=LARGEST_BYTES)
        })?,
        sha256: section.need("sha256", SHA256, sha256)?,
    };
    if package.from == package.to {
        let message = "[[package]] to: the same revision as `from`";
        return Err(section.fail_at("to", message, "write the revision that the package leads to"));
    }
    let entry = BatchPackage {
        package,
        source: source(section)?,
        signature: section.maybe("signature", signature)?,
        preloaded_as: section.maybe("preloaded_as", preloaded_as)?,
        trust_preloaded: section.maybe("trust_preloaded", Item::flag)?.unwrap_or(false),
        place: section.place(),
    };
    if entry.trust_preloaded && entry.preloaded_as.is_none() {
        let message = "[[package]] trust_preloaded: nothing is said to be preloaded";
        return Err(section.fail_at("trust_preloaded", message, "add `preloaded_as`, or leave it out"));
    }
    Ok(entry)
}

const SHA256: &str = "write the 64 hexadecimal digits that `sha256sum FILE` prints";

fn sha256(item: &Item<'_>) -> Result<String, ConfigError> {
    item.text_as("a SHA-256 of 64 hexadecimal digits", SHA256, |text| {
        let well_formed = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        well_formed.then(|| text.to_ascii_lowercase())
    })
}

fn source(section: &Section<'_>) -> Result<PackageSource, ConfigError> {
    let file = section.maybe("file", Item::path)?;
    let url = section.maybe("url", url)?;
    let user = section.maybe("user", check::command_text)?;
    let password = section.maybe("password", credential)?;
    match (file, url) {
        (Some(file), None) => {
            for key in ["user", "password"] {
                if section.item(key).is_some() {
                    let message = format!("[[package]] {key}: a `file` needs none");
                    return Err(section.fail_at(key, message, "leave it out: it belongs to a `url`"));
                }
            }
            Ok(PackageSource::File(file))
        }
        (None, Some(url)) => Ok(PackageSource::Url { url, user, password }),
        (Some(_), Some(_)) => {
            Err(section.fail_at("url", "expected one of `file` and `url` in [[package]], found both", SOURCE))
        }
        (None, None) => {
            Err(section.fail("expected one of `file` and `url` in [[package]], found neither", SOURCE))
        }
    }
}

fn url(item: &Item<'_>) -> Result<String, ConfigError> {
    let text = item.text()?;
    let clean = text.len() <= 255 && check::is_command_text(text) && !text.contains([' ', '\'', '\\']);
    let rest = ["http://", "https://", "ftp://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let (server, path) = rest.unwrap_or_default().split_once('/').unwrap_or_default();
    if text.contains('@') {
        let message = "expected an address without `@`: user and password do not belong into it";
        let help = "write `user = \"…\"` and `password = { env = \"NAME\" }` beside it; in a path, write %40";
        return Err(item.fail(message, help));
    }
    let host = server.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
    let (host, port) = host.map_or((server, Ok(80)), |(host, port)| (host, port.parse::<u16>()));
    let complete = is_host(host) && port.is_ok_and(|port| port != 0) && !path.is_empty();
    if !(clean && complete) {
        return Err(item.wrong("the address of a package", URL));
    }
    Ok(text.to_owned())
}

/// A file name on the module: it goes into AT commands, quoted.
fn preloaded_as(item: &Item<'_>) -> Result<String, ConfigError> {
    let help = "write the file's name as it lies on the module, without a directory";
    item.text_as("a file name", help, |text| {
        let plain = check::is_command_text(text) && !text.contains(['/', '\\', ' ', ',', ';', ':']);
        Some(text.to_owned()).filter(|_| plain && text.len() <= 64 && !text.starts_with('.'))
    })
}

/// The four lines of a `.minisig` file.
fn signature(item: &Item<'_>) -> Result<String, ConfigError> {
    let help = "paste the whole .minisig file between ''' and ''': two comments, two lines of base64";
    let base64 = |line: &str, length: usize| {
        let digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        line.len() == length && line.bytes().all(digit)
    };
    let text = item.text()?;
    let lines: Vec<&str> = text.trim().lines().map(str::trim).collect();
    let well_formed = match lines.as_slice() {
        [comment, signature, trusted, global] => {
            comment.starts_with("untrusted comment:")
                && base64(signature, 100)
                && trusted.starts_with("trusted comment:")
                && base64(global, 88)
                && decode(text).is_some()
        }
        _ => false,
    };
    if !well_formed {
        return Err(item.fail("expected a minisign signature, found something else", help));
    }
    Ok(text.trim().to_owned())
}
