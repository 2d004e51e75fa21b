"""The same trees and forests by our porter and by its peers, on emulated boards (docs/PORTING.md)."""
