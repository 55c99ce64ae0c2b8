//! The deadlines of a connection, on a clock that jumps: nobody waits for them.

use std::time::Duration;

use metrics::{Access, Server, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::counting::metrics;

async fn served(access: Access) -> Server {
    Server::start("127.0.0.1:0".parse().unwrap(), metrics(), access).await.unwrap()
}
