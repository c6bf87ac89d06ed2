// Which message stands in which row of the list. The server hands out a part of a channel and says how many messages are before and after
// it; the list has a row for each of them.
export class Rows {
  /// The id of each row's message, where it is known. What was once here stays known, so that its row keeps its height.
  ids = [];
  /// The messages that are here, and the row of the first of them.
  messages = [];
  first = 0;
  at = new Map();

  /// Takes what the server says now. Messages may have gone: what was here before and still is says how far the others have moved.
  take({ earlier, later, messages }) {
    const was = messages.map((message) => this.at.get(message.id));
    const move = (place) => (place < 0 ? 0 : was[place] - earlier - place);
    const isHere = (row) => row !== undefined;
    const [before, after] = [move(was.findIndex(isHere)), move(was.findLastIndex(isHere))];
    const here = new Set(messages.map((message) => message.id));
    const known = (row) => (here.has(this.ids[row]) ? undefined : this.ids[row]);
    this.ids = [
      ...Array.from({ length: earlier }, (_, row) => known(row + before)),
      ...here,
      ...Array.from({ length: later }, (_, row) => known(earlier + messages.length + row + after)),
    ];
    this.messages = messages;
    this.first = earlier;
    this.at = new Map();
    this.ids.forEach((id, row) => { if (id) this.at.set(id, row); });
  }

  message(row) { return this.messages[row - this.first]; }

  /// Whether a row can be drawn. Of the first message that is here it is not known what it follows, so it waits, unless it is the very first.
  has(row) { return row < this.first + this.messages.length && (row > this.first || (row === 0 && this.first === 0)); }
}
