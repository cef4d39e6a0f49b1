//! The C interface of libchdb 26.7, as much of it as is used, and a safe face for it.
//!
//! Invariants: the library is loaded once and never unloaded (its threads outlive every connection); a connection
//! runs one statement at a time, which `&mut self` sees to; every result and every stream is freed by its owner's
//! `Drop`.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::library_path;
use crate::Error;

type RawConnection = *mut c_void;
type RawResult = *mut c_void;
type RawInsert = *mut c_void;

macro_rules! interface {
    ($($field:ident = $symbol:literal: fn($($argument:ty),*) $(-> $answer:ty)?;)*) => {
        /// The functions used, with the signatures of `chdb.h` 26.7.3.
        struct Interface { $($field: unsafe extern "C" fn($($argument),*) $(-> $answer)?,)* }

        impl Interface {
            /// SAFETY: the file must be a libchdb whose functions have these signatures.
            unsafe fn load(path: &Path) -> Result<Self, libloading::Error> {
                // SAFETY: the caller vouches for the file, so for its initialisers and its signatures; the library
                // is leaked, so that the function pointers stay valid for the life of the process.
                unsafe {
                    let library = std::mem::ManuallyDrop::new(libloading::Library::new(path)?);
                    Ok(Self { $($field: *library.get(concat!($symbol, "\0").as_bytes())?,)* })
                }
            }
        }
    };
}

interface! {
    set_signal_handlers = "chdb_set_signal_handlers_enabled": fn(c_int);
    connect = "chdb_connect": fn(c_int, *mut *mut c_char) -> *mut RawConnection;
    close = "chdb_close_conn": fn(*mut RawConnection);
    query = "chdb_query_with_params_n": fn(
        RawConnection, *const c_char, usize, *const c_char, usize,
        *const *const c_char, *const usize, *const *const c_char, *const usize, usize
    ) -> RawResult;
    stream = "chdb_stream_query_with_params_n": fn(
        RawConnection, *const c_char, usize, *const c_char, usize,
        *const *const c_char, *const usize, *const *const c_char, *const usize, usize
    ) -> RawResult;
    fetch = "chdb_stream_fetch_result": fn(RawConnection, RawResult) -> RawResult;
    cancel = "chdb_stream_cancel_query": fn(RawConnection, RawResult);
    destroy = "chdb_destroy_query_result": fn(RawResult);
    buffer = "chdb_result_buffer": fn(RawResult) -> *mut c_char;
    length = "chdb_result_length": fn(RawResult) -> usize;
    error = "chdb_result_error": fn(RawResult) -> *const c_char;
    insert = "chdb_stream_insert_n": fn(RawConnection, *const c_char, usize, *const c_char, usize) -> RawInsert;
    append = "chdb_stream_append": fn(RawInsert, *const c_void, usize) -> c_int;
    done = "chdb_stream_done": fn(RawInsert) -> RawResult;
    insert_error = "chdb_stream_insert_error": fn(RawInsert) -> *const c_char;
    destroy_insert = "chdb_destroy_insert_stream": fn(RawInsert);
}

fn interface() -> Result<&'static Interface, Error> {
    static LOADED: OnceLock<Interface> = OnceLock::new();
    static LOADING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(loaded) = LOADED.get() {
        return Ok(loaded);
    }
    let path = library_path()?;
    // SAFETY: the path is the user's own choice or the file that the setup verified by its SHA-256.
    let loaded = unsafe { Interface::load(&path) }
        .map_err(|reason| Error::LibraryBroken { path, reason: reason.to_string() })?;
    // SAFETY: takes a plain integer; called before the first connection, as the header asks.
    unsafe { (loaded.set_signal_handlers)(0) };
    Ok(LOADED.get_or_init(|| loaded))
}

/// Parameters of a statement as the parallel arrays that the library takes.
struct Params {
    names: Vec<*const c_char>,
    name_lengths: Vec<usize>,
    values: Vec<*const c_char>,
    value_lengths: Vec<usize>,
}

impl Params {
    /// The pointers live as long as `params` is borrowed by the caller.
    fn new(params: &[(String, String)]) -> Self {
        Self {
            names: params.iter().map(|(name, _)| name.as_ptr().cast()).collect(),
            name_lengths: params.iter().map(|(name, _)| name.len()).collect(),
            values: params.iter().map(|(_, value)| value.as_ptr().cast()).collect(),
            value_lengths: params.iter().map(|(_, value)| value.len()).collect(),
        }
    }
}

/// A connection to the engine.
pub(super) struct Connection {
    interface: &'static Interface,
    handle: *mut RawConnection,
}

// SAFETY: the header calls connections thread-safe; what it asks to be serialised (one statement at a time, fetches
// of a stream) is serialised by `&mut self`.
unsafe impl Send for Connection {}

impl Connection {
    /// Opens one; the first of a process starts the engine. `None` when the engine refuses the arguments.
    pub(super) fn open(arguments: &[String]) -> Result<Option<Self>, Error> {
        let interface = interface()?;
        let arguments: Vec<CString> =
            arguments.iter().filter_map(|argument| CString::new(argument.as_str()).ok()).collect();
        let mut pointers: Vec<*mut c_char> = arguments.iter().map(|a| a.as_ptr().cast_mut()).collect();
        let count = c_int::try_from(pointers.len()).unwrap_or(c_int::MAX);
        // SAFETY: `pointers` holds `count` strings that end in NUL and outlive the call, which copies them.
        let handle = unsafe { (interface.connect)(count, pointers.as_mut_ptr()) };
        Ok((!handle.is_null()).then_some(Self { interface, handle }))
    }

    fn raw(&self) -> RawConnection {
        // SAFETY: `handle` came from `connect`, is not null, and is closed only by `Drop`.
        unsafe { *self.handle }
    }

    /// Runs a statement; its whole answer.
    pub(super) fn query(
        &mut self,
        sql: &str,
        format: &str,
        params: &[(String, String)],
    ) -> Result<Vec<u8>, String> {
        let p = Params::new(params);
        // SAFETY: every pointer has the length given beside it and outlives the call.
        let raw = unsafe {
            (self.interface.query)(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                p.names.as_ptr(),
                p.name_lengths.as_ptr(),
                p.values.as_ptr(),
                p.value_lengths.as_ptr(),
                params.len(),
            )
        };
        Answer { interface: self.interface, raw }.bytes()
    }

    /// Starts a query whose answer is fetched piece by piece.
    pub(super) fn stream(
        &mut self,
        sql: &str,
        format: &str,
        params: &[(String, String)],
    ) -> Result<Pieces<'_>, String> {
        let p = Params::new(params);
        // SAFETY: as in `query`; the engine has captured the parameters when the call returns.
        let raw = unsafe {
            (self.interface.stream)(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                p.names.as_ptr(),
                p.name_lengths.as_ptr(),
                p.values.as_ptr(),
                p.value_lengths.as_ptr(),
                params.len(),
            )
        };
        let answer = Answer { interface: self.interface, raw };
        answer.check()?;
        Ok(Pieces { connection: self, answer, ended: false })
    }

    /// Inserts pieces of `format`; all of them or, when a piece is refused, an error.
    pub(super) fn insert(&mut self, sql: &str, format: &str, pieces: &[bytes::Bytes]) -> Result<(), String> {
        // SAFETY: both strings have the length given beside them and outlive the call.
        let raw = unsafe {
            (self.interface.insert)(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
            )
        };
        let insert = Insert { interface: self.interface, raw };
        insert.check()?;
        for piece in pieces {
            // SAFETY: the stream is open; the piece is copied before the call returns.
            let state = unsafe { (self.interface.append)(insert.raw, piece.as_ptr().cast(), piece.len()) };
            if state != 0 {
                insert.check()?;
                return Err("Code: 1002. the insert was refused without a reason".to_owned());
            }
        }
        // SAFETY: the stream is open and is finished once; its handle is freed by `Drop`.
        let raw = unsafe { (self.interface.done)(insert.raw) };
        Answer { interface: self.interface, raw }.check()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: `handle` came from `connect`; results borrow the connection, so none is left.
        unsafe { (self.interface.close)(self.handle) };
    }
}

/// A result of the library.
struct Answer {
    interface: &'static Interface,
    raw: RawResult,
}

impl Answer {
    fn check(&self) -> Result<(), String> {
        if self.raw.is_null() {
            return Err("Code: 1002. the engine gave no answer".to_owned());
        }
        // SAFETY: the result is alive; its text, if any, lives as long as it and ends in NUL.
        unsafe { text((self.interface.error)(self.raw)) }.map_or(Ok(()), Err)
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        self.check()?;
        // SAFETY: the result is alive, and its buffer holds `length` bytes.
        unsafe {
            let (buffer, length) = ((self.interface.buffer)(self.raw), (self.interface.length)(self.raw));
            if buffer.is_null() || length == 0 {
                return Ok(Vec::new());
            }
            Ok(std::slice::from_raw_parts(buffer.cast::<u8>(), length).to_vec())
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if !self.raw.is_null() {
            // SAFETY: the result is owned here and freed once.
            unsafe { (self.interface.destroy)(self.raw) };
        }
    }
}

/// The answer of a query, piece by piece.
pub(super) struct Pieces<'a> {
    connection: &'a mut Connection,
    answer: Answer,
    ended: bool,
}

impl Pieces<'_> {
    /// The next piece; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        if self.ended {
            return Ok(None);
        }
        let interface = self.connection.interface;
        // SAFETY: connection and stream are alive, and `&mut self` is the only one to fetch.
        let raw = unsafe { (interface.fetch)(self.connection.raw(), self.answer.raw) };
        let piece = Answer { interface, raw }.bytes();
        // After an error the stream is closed by the engine.
        self.ended = !matches!(&piece, Ok(bytes) if !bytes.is_empty());
        piece.map(|bytes| (!bytes.is_empty()).then_some(bytes))
    }
}

impl Drop for Pieces<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // SAFETY: connection and stream are alive; `answer` frees the stream afterwards.
            unsafe { (self.connection.interface.cancel)(self.connection.raw(), self.answer.raw) };
        }
    }
}

/// An open insert.
struct Insert {
    interface: &'static Interface,
    raw: RawInsert,
}

impl Insert {
    fn check(&self) -> Result<(), String> {
        // SAFETY: the handle is alive (the header says that it is never null); its text ends in NUL.
        unsafe { text((self.interface.insert_error)(self.raw)) }.map_or(Ok(()), Err)
    }
}

impl Drop for Insert {
    fn drop(&mut self) {
        // SAFETY: the handle is owned here and freed once; freeing cancels what was not finished.
        unsafe { (self.interface.destroy_insert)(self.raw) };
    }
}

/// SAFETY: `pointer` must be null or a string that ends in NUL.
unsafe fn text(pointer: *const c_char) -> Option<String> {
    // SAFETY: not null, and the caller vouches for the rest.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}
