//! FTP.

mod files;
mod limits;
mod logins;
mod passive;
mod revocation;
mod session;
