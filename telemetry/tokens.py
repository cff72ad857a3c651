"""What the secrets of this room are hashed for; a hash made for one purpose opens no other."""

DEVICE_TOKEN = "device-token"
DEVICE_TOKEN_PREFIX = "siaga_device"
PING_KEY = "ping-key"
PING_KEY_PREFIX = "ping"
WEBHOOK_KEY = "webhook-key"
WEBHOOK_KEY_PREFIX = "hook"
