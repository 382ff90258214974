/** What a template is cloned from. Its text was written by the compiler. */
export function create_fragment_from_html(html) {
  const element = document.createElement('template');
  element.innerHTML = html;
  return element.content;
}
