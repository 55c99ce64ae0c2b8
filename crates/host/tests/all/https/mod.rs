//! HTTPS.

mod certificates;
mod secure;
mod transfers;
