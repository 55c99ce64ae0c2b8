//! Who is at the other end of a socket.

use std::io::Read;

use tokio::net::UnixStream;

/// Bytes of `/etc/passwd` that are looked at.
const PASSWD_BYTES: u64 = 1024 * 1024;
/// Characters of a user's name that are shown.
const NAME_CHARS: usize = 32;

/// `alice@socket`, by the kernel's word; the number where the user has no name.
pub(crate) fn who(stream: &UnixStream) -> String {
    let Ok(peer) = stream.peer_cred() else { return "unknown@socket".to_owned() };
    let uid = peer.uid();
    let name = name_in(&passwd(), uid).unwrap_or_else(|| format!("uid {uid}"));
    format!("{name}@socket")
}

fn passwd() -> String {
    let mut text = String::new();
    if let Ok(file) = std::fs::File::open("/etc/passwd") {
        // Without it the user goes by the number.
        let _read = file.take(PASSWD_BYTES).read_to_string(&mut text);
    }
    text
}

fn name_in(passwd: &str, uid: u32) -> Option<String> {
    let of_uid = |line: &&str| line.split(':').nth(2).and_then(|field| field.parse().ok()) == Some(uid);
    let name = passwd.lines().find(of_uid)?.split(':').next()?;
    let shown: String = name.chars().filter(|letter| !letter.is_control()).take(NAME_CHARS).collect();
    (!shown.is_empty()).then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::name_in;

    #[test]
    fn users_go_by_their_names() {
        let passwd =
            "root:x:0:0:root:/root:/bin/sh\nbroken\nalice:x:1000:1000::/home/alice:/bin/sh\n:x:7:7::/:/\n";
        assert_eq!(name_in(passwd, 0).as_deref(), Some("root"));
        assert_eq!(name_in(passwd, 1000).as_deref(), Some("alice"));
        assert_eq!((name_in(passwd, 1), name_in(passwd, 7)), (None, None));
    }
}
