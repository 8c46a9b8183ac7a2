// On the page that a web host shows for an address that a mirror does not have: a code of one item
// leads to the page of its lot, where the host could not be told to do so itself. A lot that is not
// there ends on this page again, and stays: its address names no item.
const item = /^(.*\/01\/\d{14}\/10\/[A-Z0-9-]{1,20}\/)21\/[0-9A-Z]{1,20}\/?$/.exec(location.pathname);
if (item !== null) {
  location.replace(item[1]);
}
