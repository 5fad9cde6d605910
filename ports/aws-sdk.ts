/** Keeps the SDK from printing eight lines about versions of Node that it will need one day. To be called before a client is made. */
export function silenceVersionWarning(): void {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
}
