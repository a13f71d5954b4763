const UPLOAD_TIMEOUT = 120 * SECOND;

/** Files on their way to the server and back, with what was fetched or sent kept while the page is open. */
class Files {
  constructor(client) {
    this.client = client;
    this.blobs = new Map(); // promises of contents by path
  }

  /**
   * Sends a file; told(share) hears how much of it is there, from 0 to 1.
   * Resolves to {id, name, type, size}, or throws a Failure.
   */
  async send(file, told, signal) {
    const taken = await this.client.authorized((token) => this.post(file, token, told, signal));
    this.blobs.set(`/files/${taken.id}`, Promise.resolve(file));
    return taken;
  }

  /** One try. fetch would not tell how far it has come. */
  post(file, token, told, signal) {
    return new Promise((resolve, reject) => {
      const call = new XMLHttpRequest();
      call.open("POST", new URL("files", API));
      call.responseType = "json";
      call.timeout = UPLOAD_TIMEOUT;
      call.setRequestHeader("Authorization", `Bearer ${token}`);
      call.setRequestHeader("Content-Type", file.type || "application/octet-stream");
      call.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
      call.upload.onprogress = ({ loaded, total }) => told(total ? loaded / total : 0);
      call.onload = () => {
        if (call.status === 201 && call.response) resolve(call.response);
        else reject(new Failure(call.status, call.response?.error));
      };
      call.onerror = call.ontimeout = call.onabort = () => reject(new Failure(0));
      signal.addEventListener("abort", () => call.abort());
      call.send(file);
    });
  }

  /** What lies at that path of the server, as a Blob. */
  content(path) {
    if (!this.blobs.has(path)) {
      const fetched = this.client.request("GET", path).then((response) => response.blob());
      this.blobs.set(path, fetched);
      fetched.catch(() => this.blobs.delete(path)); // asked for again the next time
    }
    return this.blobs.get(path);
  }

  /** Hands the content to the customer as a file of that name. */
  async save({ id, name }) {
    const address = URL.createObjectURL(await this.content(`/files/${id}`));
    h("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60 * SECOND);
  }
}
