// There are no error boundaries: an error goes to the browser's console, and the rest of the page carries on.
export function handle_error(error) {
  throw error;
}

export function invoke_error_boundary(error) {
  throw error;
}
