//! Logins: what a module has to give an FTP server before it may ask for its package.

use std::fmt;

use crate::HostError;
use crate::token::random_digits;

/// Characters of a user: 60 random bits.
const USER_LEN: usize = 12;
/// Characters of a password: 80 random bits.
const PASSWORD_LEN: usize = 16;

/// User and password of one attempt, both in the token's alphabet: none of the characters that AG35 or SIM7028 cannot
/// take, and shorter than the 50 bytes that AG35 can.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    user: String,
    password: String,
}

impl Login {
    /// A login that nobody can guess. Fails when the system gives no random bytes.
    pub(crate) fn random() -> Result<Self, HostError> {
        Ok(Self { user: random_digits(USER_LEN)?, password: random_digits(PASSWORD_LEN)? })
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// Whether it is this one.
    pub(crate) fn is(&self, user: &str, password: &str) -> bool {
        self.user == user && self.password == password
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Login;

    #[test]
    fn a_login_fits_every_family_and_is_not_printed() {
        let login = Login::random().unwrap();
        for text in [login.user(), login.password()] {
            assert!(text.len() <= 16 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{text}");
        }
        assert!(!format!("{login:?}").contains(login.password()));
        assert_ne!(login, Login::random().unwrap());
    }
}
