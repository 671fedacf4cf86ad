/** The web address of the repository named in package.json, such as https://github.com/OWNER/NAME. */
export function addressOf({ repository }) {
  return repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
}
