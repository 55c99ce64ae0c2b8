//! Places: where a path leads. There is one file, and the folders above it; what belongs to other tokens does not exist.

use crate::Token;

/// A place that a session can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `/`
    Root,
    /// `/p`
    Tokens,
    /// `/p/<token>`, for the session's own token.
    Folder,
    /// `/p/<token>/update.zip`
    Package,
}

impl Place {
    /// Where `path` leads from here, for the owner of `token`; `None` when there is nothing.
    pub(super) fn walk(self, path: &str, token: &Token) -> Option<Self> {
        let from = if path.starts_with('/') { Self::Root } else { self };
        path.split('/').try_fold(from, |place, step| match step {
            "" | "." => Some(place),
            ".." => Some(place.up()),
            name => place.down(name, token),
        })
    }

    fn up(self) -> Self {
        match self {
            Self::Root | Self::Tokens => Self::Root,
            Self::Folder => Self::Tokens,
            Self::Package => Self::Folder,
        }
    }

    fn down(self, name: &str, token: &Token) -> Option<Self> {
        let (inside, held) = self.content(token)?;
        (inside == name).then_some(held)
    }

    /// The one thing in a folder, by name; `None` for a file.
    pub(super) fn content(self, token: &Token) -> Option<(&str, Self)> {
        match self {
            Self::Root => Some(("p", Self::Tokens)),
            Self::Tokens => Some((token.as_str(), Self::Folder)),
            Self::Folder => Some(("update.zip", Self::Package)),
            Self::Package => None,
        }
    }

    /// The path of this place.
    pub(super) fn path(self, token: &Token) -> String {
        match self {
            Self::Root => "/".to_owned(),
            Self::Tokens => "/p".to_owned(),
            Self::Folder => format!("/p/{token}"),
            Self::Package => token.path(),
        }
    }

    /// What `LIST` says of a thing of this kind with this name.
    pub(super) fn entry(self, name: &str, size: usize) -> String {
        let (mode, size) = if self == Self::Package { ("-r--r--r--", size) } else { ("dr-xr-xr-x", 0) };
        format!("{mode} 1 ftp ftp {size:>12} Jan  1  2000 {name}\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::Place;
    use crate::Token;

    #[test]
    fn every_way_leads_to_the_own_package_and_nowhere_else() {
        let token = Token::read("0123456789ABCDEFGHJKMNPQRS").unwrap();
        let own = |path: &str| path.replace('@', token.as_str());
        for (from, path, to) in [
            (Place::Root, "/p/@/update.zip", Place::Package),
            (Place::Folder, "/p/@/update.zip", Place::Package),
            (Place::Root, "p/@/update.zip", Place::Package),
            (Place::Root, "//p//@//update.zip", Place::Package),
            (Place::Folder, "update.zip", Place::Package),
            (Place::Folder, "./update.zip", Place::Package),
            (Place::Root, "/p/@/", Place::Folder),
            (Place::Folder, "..", Place::Tokens),
            (Place::Folder, "../../../..", Place::Root),
            (Place::Root, "../p/../p/@", Place::Folder),
            (Place::Tokens, "", Place::Tokens),
        ] {
            assert_eq!(from.walk(&own(path), &token), Some(to), "{path}");
        }
        for path in [
            "/etc/passwd",
            "/p/@/../../etc/passwd",
            "/p/@/../../../update.zip",
            "/p/0000000000000000000000000S/update.zip",
            "/p/@/update.zip.sig",
            "/p/@/update.zip/x",
            "/P/@/update.zip",
            "/p/*/update.zip",
            "p/@/~",
            "/p/@\\update.zip",
        ] {
            assert_eq!(Place::Root.walk(&own(path), &token), None, "{path}");
        }
        assert_eq!(Place::Folder.path(&token), own("/p/@"));
        assert_eq!(Place::Package.path(&token), token.path());
    }
}
