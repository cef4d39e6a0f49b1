//! A web server of one folder, for what senders leave there.

use std::path::PathBuf;

use axum::extract::Path;
use axum::http::StatusCode;

/// Serves the files of `folder` on loopback as long as the process lives; its address.
pub fn serve_files(folder: PathBuf) -> String {
    let (tell, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(format!("http://{}", listener.local_addr().unwrap())).unwrap();
            let file = move |Path(name): Path<String>| {
                let path = folder.join(&name);
                async move { std::fs::read(path).map_err(|_missing| StatusCode::NOT_FOUND) }
            };
            let app = axum::Router::new().route("/{name}", axum::routing::get(file));
            axum::serve(listener, app).await.unwrap();
        });
    });
    address.recv().unwrap()
}
